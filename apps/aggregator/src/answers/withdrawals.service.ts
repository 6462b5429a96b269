import { type Refusal, type Result, ok, refuse } from '@gridpact/kernel';
import { BUSINESS_CLOCK } from '@gridpact/platform/app';
import type { BusinessClock } from '@gridpact/platform/clock';
import { Inject, Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { lockInstruction } from '../instructions/instruction-store.js';
import { KeyDirectory, type VerifyRefusal } from '../parties/key-directory.js';
import { type Acknowledged, Promises, promiseText } from '../statements/promises.js';
import { type SentStatement, type Word, type WordRefusal, notSaidBy, readWord } from '../statements/word.js';
import { asUser } from '../tenancy/scope.js';
import { AnswerBook, type Taken } from './answer-book.js';
import { findAnswer, findWithdrawal } from './answer-store.js';
import { type WithdrawalRefusal, judgeWithdrawal } from './withdrawal-rules.js';

export type TakeWithdrawalRefusal = WithdrawalRefusal | WordRefusal | VerifyRefusal;

interface SentWithdrawalWord extends Taken {
  readonly word: Word<'curtailment.withdrawn'>;
  readonly notOwn: Refusal<VerifyRefusal> | undefined;
}

/** Users who leave an event that they had confirmed. */
@Injectable()
export class WithdrawalsService {
  constructor(
    private readonly source: DataSource,
    private readonly keys: KeyDirectory,
    private readonly promises: Promises,
    private readonly book: AnswerBook,
    @Inject(BUSINESS_CLOCK) private readonly clock: BusinessClock,
  ) {}

  /** Takes a withdrawal and promises it at once; the same bytes get the same promise. */
  async withdraw(user: string, sent: SentStatement): Promise<Result<Acknowledged, TakeWithdrawalRefusal>> {
    const receivedAt = this.clock.now();
    const word = readWord('curtailment.withdrawn', sent);
    if (!word.ok) return word;
    const { statement } = word.value;
    const notOwn = notSaidBy(statement, await this.keys.signersOf(statement), user);
    const promise = await this.promises.make(statement.leafHash, receivedAt);
    const withdrawal = { word: word.value, statement, receivedAt, promise, notOwn };
    return asUser(this.source, user, (tx) => this.take(tx, withdrawal));
  }

  private async take(
    tx: EntityManager,
    { word, notOwn, ...taken }: SentWithdrawalWord,
  ): Promise<Result<Acknowledged, TakeWithdrawalRefusal>> {
    const { body, statement } = word;
    const answer = await findAnswer(tx, body.confirmation);
    const asked = answer && (await lockInstruction(tx, answer.instruction));
    if (!answer || asked?.standing !== answer.statement) {
      return refuse('unknown_confirmation', `no answer ${body.confirmation} of yours stands`);
    }
    const earlier = await findWithdrawal(tx, answer.statement);
    if (earlier?.statement === statement.leafHash)
      return ok({ statement: earlier.statement, promise: earlier.promise });
    if (notOwn) return { ok: false, refusal: notOwn };
    const { intervals } = answer.body;
    const { event, site, confirmBy } = asked;
    const standing = { statement: answer.statement, event, site, intervals, confirmBy, withdrawn: earlier !== null };
    const { subject, parents } = statement.envelope;
    const judged = judgeWithdrawal(standing, { body, subject, parents, receivedAt: taken.receivedAt });
    if (!judged.ok) return judged;
    await this.book.withdrawal(tx, asked, intervals, judged.value, taken);
    return ok({ statement: statement.leafHash, promise: promiseText(taken.promise) });
  }
}
