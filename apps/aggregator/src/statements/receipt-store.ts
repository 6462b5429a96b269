import type { LedgerRefusal, Receipt } from '@gridpact/contracts';
import { rows } from '@gridpact/platform/postgres';
import type { EntityManager } from 'typeorm';

/** A receipt that has just been noted: what it is for, and when that was taken. */
export interface Noted {
  readonly statement: string;
  readonly type: string;
  readonly takenAt: Date;
}

/** Tenants of statements; those that are not ours are left out. */
export async function tenantsOf(
  tx: EntityManager,
  statements: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const found = await rows<{ statement: string; tenant: string }>(
    tx,
    'SELECT statement, tenant FROM statement_route WHERE statement = ANY($1)',
    [statements],
  );
  return new Map(found.map(({ statement, tenant }) => [statement, tenant]));
}

/** Notes receipts of a tenant's statements; one that is noted already stays as it is. */
export async function noteReceipts(tx: EntityManager, receipts: readonly Receipt[]): Promise<Noted[]> {
  return rows<Noted>(
    tx,
    `UPDATE statement SET log_index = given.log_index, receipt = given.receipt, sealed_at = given.sealed_at
       FROM unnest($1::text[], $2::bigint[], $3::text[], $4::timestamptz[])
            AS given (statement, log_index, receipt, sealed_at)
      WHERE statement.statement = given.statement AND statement.receipt IS NULL
      RETURNING statement.statement, statement.type, statement.taken_at AS "takenAt"`,
    [
      receipts.map(({ statement }) => statement),
      receipts.map(({ index }) => index),
      receipts.map(({ receipt }) => receipt),
      receipts.map(({ sealedAt }) => sealedAt),
    ],
  );
}

/** Notes why the ledger refused a tenant's statement, unless it is sealed. */
export async function noteRefusal(tx: EntityManager, { statement, code, detail }: LedgerRefusal): Promise<void> {
  await tx.query(
    `UPDATE statement SET refusal_code = $2, refusal_detail = $3 WHERE statement = $1 AND receipt IS NULL`,
    [statement, code, detail],
  );
}
