import { type Refusal, type Result, ok, refuse } from '@gridpact/kernel';
import { BUSINESS_CLOCK } from '@gridpact/platform/app';
import type { BusinessClock } from '@gridpact/platform/clock';
import { Inject, Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { type InstructionView, listInstructions, lockInstruction } from '../instructions/instruction-store.js';
import { KeyDirectory, type VerifyRefusal } from '../parties/key-directory.js';
import { type Acknowledged, Promises, promiseText } from '../statements/promises.js';
import { type SentStatement, type Word, type WordRefusal, notSaidBy, readWord } from '../statements/word.js';
import { asUser } from '../tenancy/scope.js';
import { AnswerBook, type Taken } from './answer-book.js';
import { type AnswerRefusal, judgeAnswer } from './answer-rules.js';
import { findAnswer } from './answer-store.js';

export type TakeAnswerRefusal = AnswerRefusal | WordRefusal | VerifyRefusal;

interface SentConfirmation extends Taken {
  readonly word: Word<'curtailment.confirmed'>;
  /** Why its signature is not the sender's; undefined when it is. */
  readonly notOwn: Refusal<VerifyRefusal> | undefined;
}

/** Users' answers to instructions. */
@Injectable()
export class AnswersService {
  constructor(
    private readonly source: DataSource,
    private readonly keys: KeyDirectory,
    private readonly promises: Promises,
    private readonly book: AnswerBook,
    @Inject(BUSINESS_CLOCK) private readonly clock: BusinessClock,
  ) {}

  instructions(user: string, event: string | null): Promise<InstructionView[]> {
    return asUser(this.source, user, (tx) => listInstructions(tx, event));
  }

  /**
   * Takes an answer and promises it at once. The time of arrival is read first, so that waiting for the row costs no
   * one the deadline; the row's lock makes one effect of many concurrent sends, and the same bytes get the same promise.
   */
  async confirm(user: string, sent: SentStatement): Promise<Result<Acknowledged, TakeAnswerRefusal>> {
    const receivedAt = this.clock.now();
    const word = readWord('curtailment.confirmed', sent);
    if (!word.ok) return word;
    const { statement } = word.value;
    const notOwn = notSaidBy(statement, await this.keys.signersOf(statement), user);
    const promise = await this.promises.make(statement.leafHash, receivedAt);
    const confirmation = { word: word.value, statement, receivedAt, promise, notOwn };
    return asUser(this.source, user, (tx) => this.take(tx, confirmation));
  }

  private async take(
    tx: EntityManager,
    { word, notOwn, ...taken }: SentConfirmation,
  ): Promise<Result<Acknowledged, TakeAnswerRefusal>> {
    const { body, statement } = word;
    const asked = await lockInstruction(tx, body.instruction);
    if (!asked) return refuse('foreign_instruction', `you have no instruction ${body.instruction}`);
    const repeated = await findAnswer(tx, statement.leafHash);
    if (repeated) return ok({ statement: statement.leafHash, promise: repeated.promise });
    if (notOwn) return { ok: false, refusal: notOwn };
    const { subject, parents } = statement.envelope;
    const judged = judgeAnswer(asked, { body, subject, parents, receivedAt: taken.receivedAt });
    if (!judged.ok) return judged;
    await this.book.answer(tx, asked, judged.value, taken);
    return ok({ statement: statement.leafHash, promise: promiseText(taken.promise) });
  }
}
