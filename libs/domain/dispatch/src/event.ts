import type { Instant, MicroCnyPerKwh } from '@gridpact/kernel';
import type { NeedInterval } from './quantities.js';

/** What was announced: fixed for the event's whole life, with the deadline of every later step. */
export interface EventTerms {
  readonly event: string;
  readonly program: string;
  /** In order of time, without overlap. */
  readonly intervals: readonly NeedInterval[];
  readonly priceCapMicroCnyPerKwh: MicroCnyPerKwh;
  readonly gateClosesAt: Instant;
  readonly revealBy: Instant;
  readonly confirmBy: Instant;
}

interface Stage<State extends string> {
  readonly state: State;
  readonly terms: EventTerms;
  /** Business time at which the event entered this state. */
  readonly since: Instant;
}

/**
 * A DR event in one state of its life. A state carries only what is true in it, so that an event cannot, say, be active
 * with a reason for its cancellation.
 *
 * announced (nominations are taken) -> gate-closed (they are revealed) -> cleared (awards are out, users answer) ->
 * confirmed (nobody may answer any more) -> active -> ended -> measured -> settled; or cancelled before its end.
 */
export type DrEvent =
  | Stage<'announced'>
  | Stage<'gate-closed'>
  | Stage<'cleared'>
  | Stage<'confirmed'>
  | Stage<'active'>
  | Stage<'ended'>
  | Stage<'measured'>
  | (Stage<'settled'> & { readonly run: number })
  | (Stage<'cancelled'> & { readonly from: CancellableState; readonly reason: string });

/** States that a cancellation may end. */
export type CancellableState = 'announced' | 'gate-closed' | 'cleared' | 'confirmed' | 'active';

/** Name of a state. */
export type DrEventState = DrEvent['state'];

/** Every state, in the order of an event's life. */
export const EVENT_STATES = [
  'announced',
  'gate-closed',
  'cleared',
  'confirmed',
  'active',
  'ended',
  'measured',
  'settled',
  'cancelled',
] as const satisfies readonly DrEventState[];

/** Start of the first interval. */
export function startsAt(terms: EventTerms): Instant {
  return boundary(terms, 0).start;
}

/** End of the last interval. */
export function endsAt(terms: EventTerms): Instant {
  return boundary(terms, terms.intervals.length - 1).end;
}

function boundary(terms: EventTerms, index: number): NeedInterval {
  const found = terms.intervals[index];
  if (!found) throw new Error(`event ${terms.event} has no interval`);
  return found;
}
