import { type Result, formatInstant, ok, refuse } from '@gridpact/kernel';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { asTenant, asUser } from '../tenancy/scope.js';
import { StatementRow } from './statement.entity.js';

/** Why there is no receipt to give. */
export type ReceiptRefusal = 'unknown_statement' | 'receipt_pending' | 'refused_by_ledger';

/** A receipt as its holder keeps it: enough to verify with nothing of ours. */
export interface HeldReceipt {
  readonly statement: string;
  readonly index: number;
  readonly type: string;
  readonly subject: string;
  /** C2SP tlog-proof text. */
  readonly receipt: string;
  readonly sealedAt: string;
}

/** A statement as staff see it. */
export interface StatementView {
  readonly statement: string;
  readonly type: string;
  readonly subject: string;
  readonly user: string | null;
  readonly state: 'waiting' | 'sealed' | 'refused';
  /** base64 of the entry. */
  readonly entry: string;
  readonly receipt: HeldReceipt | null;
  readonly refusal: { readonly code: string; readonly detail: string } | null;
}

/** What this service knows of statements and their receipts. */
@Injectable()
export class StatementsService {
  constructor(private readonly source: DataSource) {}

  /** Receipt of one of the user's own statements; of a foreign one nothing is known. */
  async receipt(user: string, statement: string): Promise<Result<HeldReceipt, ReceiptRefusal>> {
    const row = await asUser(this.source, user, (tx) => tx.findOneBy(StatementRow, { statement }));
    if (!row) return unknown(statement);
    const held = heldReceipt(row);
    if (held) return ok(held);
    if (row.refusalCode) return refuse('refused_by_ledger', `${row.refusalCode}: ${row.refusalDetail}`);
    return refuse('receipt_pending', 'taken, but not sealed yet; ask again in a second');
  }

  /** A statement of the tenant. */
  async statement(tenant: string, statement: string): Promise<Result<StatementView, ReceiptRefusal>> {
    const row = await asTenant(this.source, tenant, (tx) => tx.findOneBy(StatementRow, { statement }));
    if (!row) return unknown(statement);
    const { type, subject, user, refusalCode: code, refusalDetail } = row;
    const receipt = heldReceipt(row);
    const refusal = code && !receipt ? { code, detail: refusalDetail ?? '' } : null;
    const state = receipt ? 'sealed' : refusal ? 'refused' : 'waiting';
    return ok({ statement, type, subject, user, state, entry: row.entry.toString('base64'), receipt, refusal });
  }
}

function heldReceipt({ statement, type, subject, index, receipt, sealedAt }: StatementRow): HeldReceipt | null {
  if (receipt === null || index === null || sealedAt === null) return null;
  return { statement, index: Number(index), type, subject, receipt, sealedAt: formatInstant(sealedAt) };
}

function unknown(statement: string): Result<never, 'unknown_statement'> {
  return refuse('unknown_statement', `no statement ${statement} of yours passed through here`);
}
