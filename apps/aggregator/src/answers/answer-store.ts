import type { Instant } from '@gridpact/kernel';
import { rows } from '@gridpact/platform/postgres';
import type { EntityManager } from 'typeorm';
import { StandingOfferRow } from '../enrolments/enrolment.entity.js';
import { EnrolmentRow } from '../enrolments/enrolment.entity.js';
import { InstructionRow } from '../instructions/instruction.entity.js';
import { AnswerRow, WithdrawalRow } from './answer.entity.js';
import type { SignedOffer, Silence } from './deadline-rules.js';

/** An answer of whoever asks, by leaf hash. */
export function findAnswer(tx: EntityManager, statement: string): Promise<AnswerRow | null> {
  return tx.findOneBy(AnswerRow, { statement });
}

/** Adds an answer and makes it the one that stands; the instruction's row must be locked. */
export async function saveAnswer(tx: EntityManager, answer: AnswerRow): Promise<void> {
  await tx.insert(AnswerRow, answer);
  await tx.update(InstructionRow, { instruction: answer.instruction }, { standing: answer.statement });
}

/** The withdrawal of an answer, if there is one. */
export function findWithdrawal(tx: EntityManager, confirmation: string): Promise<WithdrawalRow | null> {
  return tx.findOneBy(WithdrawalRow, { confirmation });
}

export async function saveWithdrawal(tx: EntityManager, withdrawal: WithdrawalRow): Promise<void> {
  await tx.insert(WithdrawalRow, withdrawal);
}

/** The tenant's instructions whose deadline has come without any answer, oldest deadline first. */
export async function findUnanswered(tx: EntityManager, now: Instant, limit: number): Promise<string[]> {
  const found = await rows<{ instruction: string }>(
    tx,
    `SELECT instruction FROM instruction
      WHERE standing IS NULL AND silent_at IS NULL AND confirm_by <= $1
      ORDER BY confirm_by, instruction LIMIT $2`,
    [new Date(now), limit],
  );
  return found.map(({ instruction }) => instruction);
}

/** What decides in a user's stead: its standing offers, oldest first, and what its contract says of silence. */
export async function deputiesOf(
  tx: EntityManager,
  enrolment: string,
): Promise<{ readonly offers: readonly SignedOffer[]; readonly silence: Silence }> {
  const offers = await tx.find(StandingOfferRow, { where: { enrolment }, order: { takenAt: 'ASC', statement: 'ASC' } });
  const { contract } = await tx.findOneByOrFail(EnrolmentRow, { enrolment });
  return { offers, silence: contract.silence };
}

/** Notes that an instruction was left unanswered. */
export async function saveSilent(tx: EntityManager, instruction: string, silentAt: Instant): Promise<void> {
  await tx.update(InstructionRow, { instruction }, { silentAt });
}
