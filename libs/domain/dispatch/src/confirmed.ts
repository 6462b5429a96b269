import type { Watt } from '@gridpact/kernel';
import type { EventTerms } from './event.js';
import type { WattInterval } from './quantities.js';

/** A site's answer that stands: the newest of its chain. */
export interface StandingAnswer {
  readonly site: string;
  readonly intervals: readonly WattInterval[];
}

/**
 * Confirmed power per interval of the event, W: the sum over answers of intervals that start with it. An answer to some
 * other interval counts nowhere.
 */
export function confirmedWatt(terms: EventTerms, answers: readonly StandingAnswer[]): readonly Watt[] {
  const byStart = new Map<number, Watt>();
  for (const { start, watt } of answers.flatMap((answer) => answer.intervals)) {
    byStart.set(start, (byStart.get(start) ?? 0n) + watt);
  }
  return terms.intervals.map(({ start }) => byStart.get(start) ?? 0n);
}
