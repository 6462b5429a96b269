import { Injectable } from '@nestjs/common';
import type { LedgerRefusal, Receipt } from '@gridpact/contracts';
import { rows, type Transaction } from '@gridpact/platform/postgres';

/** What became of statements in the ledger: their index, or why they were refused. */
@Injectable()
export class SealStore {
  /** Notes the index of each statement; a repeated receipt changes nothing. */
  async noteSealed(tx: Transaction, receipts: readonly Receipt[]): Promise<void> {
    await rows(
      tx,
      `INSERT INTO sealed (statement, log_index)
       SELECT * FROM unnest($1::text[], $2::bigint[])
       ON CONFLICT DO NOTHING`,
      [receipts.map(({ statement }) => statement), receipts.map(({ index }) => index)],
    );
  }

  /** Notes refusals of statements that went through this service; those of others are none of its business. */
  async noteRefused(tx: Transaction, refusals: readonly LedgerRefusal[]): Promise<string[]> {
    const noted = await rows<{ statement: string }>(
      tx,
      `INSERT INTO ledger_refusal (statement, code, detail)
       SELECT r.* FROM unnest($1::text[], $2::text[], $3::text[]) AS r (statement, code, detail)
       WHERE EXISTS (SELECT FROM submitted WHERE submitted.statement = r.statement)
       ON CONFLICT DO NOTHING
       RETURNING statement`,
      [
        refusals.map(({ statement }) => statement),
        refusals.map(({ code }) => code),
        refusals.map(({ detail }) => detail),
      ],
    );
    return noted.map(({ statement }) => statement);
  }
}
