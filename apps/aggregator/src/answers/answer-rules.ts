import { type Instant, type Refusal, type Result, formatInstant, instantOf, ok, refuse } from '@gridpact/kernel';
import type { BodyOf } from '@gridpact/statement';

export type Confirmation = BodyOf<'curtailment.confirmed'>;
export type Instruction = BodyOf<'instruction.issued'>;
export type WattIntervals = Instruction['intervals'];

/** Why an answer of a user is not taken. */
export type AnswerRefusal =
  | 'foreign_instruction'
  | 'wrong_reference'
  | 'wrong_via'
  | 'intervals_mismatch'
  | 'exceeds_instruction'
  | 'answer_inconsistent'
  | 'deadline_passed'
  | 'earlier_mismatch';

/** An instruction as it stands: its leaf hash and body, and the leaf hash of the answer that holds now. */
export interface StandingInstruction {
  readonly statement: string;
  readonly body: Instruction;
  readonly standing: string | null;
}

/** An answer as it was sent: its body and what the envelope says about its place in the log. */
export interface SentAnswer {
  readonly body: Confirmation;
  readonly subject: string;
  readonly parents: readonly string[];
  readonly receivedAt: Instant;
}

/**
 * Judges an answer that a phone sent. `receivedAt` decides about the deadline (at the deadline is in time); what the
 * phone claims in `at` does not count. An answer after the first one must name the one that stands.
 */
export function judgeAnswer(asked: StandingInstruction, sent: SentAnswer): Result<Confirmation, AnswerRefusal> {
  const refusal =
    misplaced(asked, sent) ??
    notFromPhone(sent.body) ??
    contradiction(asked.body.intervals, sent.body) ??
    late(asked.body, sent.receivedAt) ??
    notTheStandingOne(asked.standing, sent.body.earlier);
  return refusal ? { ok: false, refusal } : ok(sent.body);
}

/** Parents of an answer, in the order in which its envelope must name them. */
export function answerParents(instruction: string, answer: Pick<Confirmation, 'earlier' | 'offer'>): readonly string[] {
  return [instruction, answer.earlier, answer.offer].filter((parent) => parent !== null);
}

type Refused = Refusal<AnswerRefusal> | undefined;

function refused(code: AnswerRefusal, detail: string): Refusal<AnswerRefusal> {
  return refuse(code, detail).refusal;
}

function misplaced(asked: StandingInstruction, sent: SentAnswer): Refused {
  const { event, site } = asked.body;
  const parents = answerParents(asked.statement, sent.body);
  if (sent.body.event !== event || sent.body.site !== site || sent.subject !== event) {
    return refused('wrong_reference', `the instruction is about event ${event} and site ${site}`);
  }
  if (parents.join() !== sent.parents.join()) {
    return refused('wrong_reference', `parents must be the instruction and the earlier answer: ${parents.join(', ')}`);
  }
  return undefined;
}

function notFromPhone(body: Confirmation): Refused {
  if (body.via === 'phone' && body.offer === null) return undefined;
  return refused('wrong_via', 'a user answers via "phone" and names no offer');
}

function contradiction(asked: WattIntervals, { answer, intervals }: Confirmation): Refused {
  if (answer === 'declined') {
    return intervals.length === 0 ? undefined : refused('answer_inconsistent', 'a declined answer has no intervals');
  }
  if (!sameSpans(asked, intervals)) {
    return refused('intervals_mismatch', 'the intervals must be those of the instruction, in its order');
  }
  const tooMuch = intervals.find((interval, at) => BigInt(interval.watt) > BigInt(asked[at]?.watt ?? 0));
  if (tooMuch) return refused('exceeds_instruction', `more than asked for at ${tooMuch.start}`);
  return answer === shareOf(asked, intervals)
    ? undefined
    : refused('answer_inconsistent', '"full" is all that was asked, "part" is less but not nothing');
}

function sameSpans(asked: WattIntervals, answered: WattIntervals): boolean {
  return (
    asked.length === answered.length &&
    asked.every(({ start, end }, at) => start === answered[at]?.start && end === answered[at]?.end)
  );
}

function shareOf(asked: WattIntervals, answered: WattIntervals): 'full' | 'part' | 'declined' {
  if (answered.every((interval, at) => interval.watt === asked[at]?.watt)) return 'full';
  return answered.every(({ watt }) => watt === '0') ? 'declined' : 'part';
}

function late({ confirmBy }: Instruction, receivedAt: Instant): Refused {
  if (receivedAt <= instantOf(confirmBy)) return undefined;
  return refused('deadline_passed', `received at ${formatInstant(receivedAt)}, answers were due by ${confirmBy}`);
}

function notTheStandingOne(standing: string | null, earlier: string | null): Refused {
  if (standing === earlier) return undefined;
  return refused('earlier_mismatch', standing ? `the answer that stands is ${standing}` : 'no answer stands yet');
}
