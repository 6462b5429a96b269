import type { Instant } from '@gridpact/kernel';
import { type Signer, prepare, signStatement } from '@gridpact/statement';
import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { InstructionRow } from '../instructions/instruction.entity.js';
import { lockInstruction } from '../instructions/instruction-store.js';
import { RANDOMNESS, type Randomness } from '../parties/randomness.js';
import { Signers } from '../parties/signers.js';
import { Promises } from '../statements/promises.js';
import { asTenant } from '../tenancy/scope.js';
import { AnswerBook, type Taken } from './answer-book.js';
import { type Confirmation, answerParents } from './answer-rules.js';
import { deputiesOf, findUnanswered, saveSilent } from './answer-store.js';
import { answerAtDeadline } from './deadline-rules.js';

/** Instructions settled in one round; what is left comes in the next. */
const ROUND = 100;

/** What happens at the deadline to instructions that nobody answered. */
@Injectable()
export class DeadlinesService {
  constructor(
    private readonly source: DataSource,
    private readonly signers: Signers,
    private readonly promises: Promises,
    private readonly book: AnswerBook,
    @Inject(RANDOMNESS) private readonly randomness: Randomness,
  ) {}

  /**
   * Settles the tenant's overdue instructions: a standing offer answers, else the contract's rule of silence. Each is
   * settled in a transaction of its own under the row's lock, so that stopping half-way or running twice does no harm.
   */
  async settleDue(tenant: string, now: Instant): Promise<void> {
    const overdue = await asTenant(this.source, tenant, (tx) => findUnanswered(tx, now, ROUND));
    for (const instruction of overdue) await this.settle(tenant, instruction, now);
  }

  private async settle(tenant: string, instruction: string, now: Instant): Promise<void> {
    const found = await asTenant(this.source, tenant, async (tx) => {
      const asked = await tx.findOneByOrFail(InstructionRow, { instruction });
      const { offers, silence } = await deputiesOf(tx, asked.enrolment);
      return { asked, body: answerAtDeadline(asked.body, offers, silence) };
    });
    const { asked, body } = found;
    const taken = body && (await this.taken(asked, body, now, await this.signers.of(tenant)));
    await asTenant(this.source, tenant, async (tx) => {
      const locked = await lockInstruction(tx, instruction);
      if (!locked || locked.standing || locked.silentAt) return;
      if (body && taken) await this.book.answer(tx, locked, body, taken);
      else await saveSilent(tx, instruction, now);
    });
  }

  /**
   * The aggregator's statement in the user's stead. It counts as received at the deadline itself: what decides, the
   * offer or the contract, was there before, and nothing else arrived by then.
   */
  private async taken(asked: InstructionRow, body: Confirmation, now: Instant, signer: Signer): Promise<Taken> {
    const parents = answerParents(asked.statement, body);
    const said = { type: 'curtailment.confirmed', at: now, by: asked.tenant, subject: asked.event, parents } as const;
    const statement = await signStatement(prepare({ ...said, body, salt: this.randomness.salt() }), [signer]);
    const receivedAt = asked.confirmBy;
    return { statement, receivedAt, promise: await this.promises.make(statement.leafHash, receivedAt) };
  }
}
