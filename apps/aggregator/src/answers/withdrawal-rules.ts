import { type Instant, type Result, formatInstant, instantOf, ok, refuse } from '@gridpact/kernel';
import type { BodyOf } from '@gridpact/statement';
import type { WattIntervals } from './answer-rules.js';

export type Withdrawal = BodyOf<'curtailment.withdrawn'>;

/** Why leaving a running event is not taken. */
export type WithdrawalRefusal =
  | 'unknown_confirmation'
  | 'wrong_reference'
  | 'already_withdrawn'
  | 'deadline_open'
  | 'effective_in_past'
  | 'event_over';

/** The answer that a withdrawal would end: it stands for its instruction and curtails something. */
export interface StandingAnswer {
  readonly statement: string;
  readonly event: string;
  readonly site: string;
  readonly intervals: WattIntervals;
  readonly confirmBy: Instant;
  readonly withdrawn: boolean;
}

/** A withdrawal as it was sent. */
export interface SentWithdrawal {
  readonly body: Withdrawal;
  readonly subject: string;
  readonly parents: readonly string[];
  readonly receivedAt: Instant;
}

/**
 * Judges a withdrawal. It takes effect at once or later, never back in time: `effectiveAt` must not be before
 * `receivedAt` and must lie before the end of what was confirmed. Before the confirmation deadline a later answer
 * serves instead.
 */
export function judgeWithdrawal(answer: StandingAnswer, sent: SentWithdrawal): Result<Withdrawal, WithdrawalRefusal> {
  const { body, receivedAt } = sent;
  const end = answer.intervals.at(-1)?.end;
  if (!refersTo(answer, sent)) return refuse('wrong_reference', 'event, site and parent must be those of the answer');
  if (answer.withdrawn) return refuse('already_withdrawn', 'this answer was withdrawn before');
  if (receivedAt <= answer.confirmBy) return refuse('deadline_open', 'send a later answer until the deadline');
  if (!end || receivedAt >= instantOf(end) || instantOf(body.effectiveAt) >= instantOf(end)) {
    return refuse('event_over', `nothing is left to withdraw${end ? ` after ${end}` : ''}`);
  }
  if (instantOf(body.effectiveAt) < receivedAt) {
    return refuse('effective_in_past', `it is ${formatInstant(receivedAt)}; name that time or a later one`);
  }
  return ok(body);
}

/** What stays confirmed: the intervals cut off at `effectiveAt`; those wholly after it are gone. */
export function remainingIntervals(confirmed: WattIntervals, effectiveAt: string): WattIntervals {
  return confirmed
    .filter(({ start }) => instantOf(start) < instantOf(effectiveAt))
    .map((interval) =>
      instantOf(interval.end) > instantOf(effectiveAt) ? { ...interval, end: effectiveAt } : interval,
    );
}

function refersTo(answer: StandingAnswer, { body, subject, parents }: SentWithdrawal): boolean {
  return (
    body.confirmation === answer.statement &&
    body.event === answer.event &&
    body.site === answer.site &&
    subject === answer.event &&
    parents.join() === answer.statement
  );
}
