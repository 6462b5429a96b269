import { type Confirmed, topics } from '@gridpact/contracts';
import type { Instant } from '@gridpact/kernel';
import { Outbox } from '@gridpact/platform/outbox';
import type { Statement } from '@gridpact/statement';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { InstructionRow } from '../instructions/instruction.entity.js';
import { promiseText } from '../statements/promises.js';
import { StatementBook } from '../statements/statement-book.js';
import type { Confirmation } from './answer-rules.js';
import { saveAnswer, saveWithdrawal } from './answer-store.js';
import { type Withdrawal, remainingIntervals } from './withdrawal-rules.js';

/** Services that read answers, beside user and aggregator. */
const READERS = ['settlement', 'dispatcher'];

/** A statement that was received, with the promise that was made for it. */
export interface Taken {
  readonly statement: Statement;
  readonly receivedAt: Instant;
  readonly promise: Uint8Array;
}

/** Writes an answer or a withdrawal, its submission to the ledger and its message in the caller's transaction. */
@Injectable()
export class AnswerBook {
  constructor(
    private readonly book: StatementBook,
    private readonly outbox: Outbox,
  ) {}

  /** The instruction's row must be locked. */
  async answer(tx: EntityManager, asked: InstructionRow, body: Confirmation, taken: Taken): Promise<void> {
    const { instruction, tenant, user } = asked;
    const { earlier, answer, intervals } = body;
    const named = { ...recorded(taken), tenant, user };
    await saveAnswer(tx, { ...named, instruction, body, earlier });
    await this.submit(tx, asked, taken);
    await this.tell(tx, asked, { statement: named.statement, answer, intervals, earlier });
  }

  /** Tells what stays confirmed: the intervals up to `effectiveAt`. */
  async withdrawal(
    tx: EntityManager,
    asked: InstructionRow,
    confirmed: Confirmation['intervals'],
    body: Withdrawal,
    taken: Taken,
  ): Promise<void> {
    const { tenant, user } = asked;
    const named = { ...recorded(taken), tenant, user };
    await saveWithdrawal(tx, { ...named, confirmation: body.confirmation, body });
    await this.submit(tx, asked, taken);
    const intervals = remainingIntervals(confirmed, body.effectiveAt);
    const { statement } = named;
    await this.tell(tx, asked, { statement, answer: 'withdrawn', intervals, earlier: body.confirmation });
  }

  private submit(tx: EntityManager, { tenant, user }: InstructionRow, { statement, promise }: Taken): Promise<void> {
    return this.book.submit(tx, { tenant, user }, statement, { audience: [user, tenant, ...READERS], promise });
  }

  private tell(
    tx: EntityManager,
    { event, tenant, user, site, instruction }: InstructionRow,
    said: Pick<Confirmed, 'statement' | 'answer' | 'intervals' | 'earlier'>,
  ): Promise<void> {
    const value = { event, aggregator: tenant, user, site, instruction, ...said };
    return this.outbox.add(tx, { topic: topics.confirmation, key: site, value });
  }
}

function recorded({ statement, receivedAt, promise }: Taken) {
  return { statement: statement.leafHash, receivedAt, promise: promiseText(promise) };
}
