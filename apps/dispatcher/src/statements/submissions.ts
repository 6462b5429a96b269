import { Injectable } from '@nestjs/common';
import { submissionOf } from '@gridpact/platform/ledger-client';
import { Outbox } from '@gridpact/platform/outbox';
import { rows, type Transaction } from '@gridpact/platform/postgres';
import type { Opening, Statement } from '@gridpact/statement';

/** Who may read a statement's body, and the promise that its sender was given. */
export interface Handing {
  readonly audience: readonly string[];
  readonly opening?: Opening;
  readonly promise?: Uint8Array;
  /** Headers of the message that it follows from. */
  readonly cause?: Readonly<Record<string, string>>;
}

/** Hands statements to the ledger in the transaction of the state that they tell of. */
@Injectable()
export class Submissions {
  constructor(private readonly outbox: Outbox) {}

  async submit(tx: Transaction, statement: Statement, handing: Handing): Promise<void> {
    const { type, subject } = statement.envelope;
    await rows(tx, 'INSERT INTO submitted (statement, type, subject) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING', [
      statement.leafHash,
      type,
      subject,
    ]);
    const { cause, ...rest } = handing;
    const opening = rest.opening ?? statement.opening;
    const message = submissionOf(statement.entry, { ...rest, ...(opening && { opening }) });
    await this.outbox.add(tx, { ...message, ...(cause && { cause }) });
  }
}
