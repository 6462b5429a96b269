import { ok, refuse, type Instant, type MicroCnyPerKwh, type Result } from '@gridpact/kernel';
import { endsAt, startsAt, type DrEvent, type EventTerms } from './event.js';

/** Why an event cannot be announced on these terms. */
export type AnnounceRefusalCode =
  | 'intervals_empty'
  | 'interval_empty'
  | 'intervals_disordered'
  | 'need_zero'
  | 'deadlines_disordered'
  | 'gate_already_closed'
  | 'notice_too_short'
  | 'price_cap_above_program'
  | 'interval_off_grid';

/** What the program's rule pack demands of an event. */
export interface AnnounceRules {
  readonly noticeLeadMs: number;
  readonly intervalMs: number;
  readonly priceCapMicroCnyPerKwh: MicroCnyPerKwh;
}

/**
 * Announces an event, whose deadlines must follow in order: now < gate closes < reveal by < confirm by <= start, and
 * whose notice (now to start) is at least the pack's. Every interval has the pack's length and the intervals run in
 * order without overlap; gaps between them are allowed.
 */
export function announce(terms: EventTerms, rules: AnnounceRules, now: Instant): Result<DrEvent, AnnounceRefusalCode> {
  const shape = checkIntervals(terms, rules.intervalMs);
  if (!shape.ok) return shape;
  const order = checkDeadlines(terms, now);
  if (!order.ok) return order;
  if (startsAt(terms) - now < rules.noticeLeadMs) {
    return refuse('notice_too_short', `the program demands ${rules.noticeLeadMs} ms between announcement and start`);
  }
  if (terms.priceCapMicroCnyPerKwh > rules.priceCapMicroCnyPerKwh) {
    return refuse('price_cap_above_program', `the program caps prices at ${rules.priceCapMicroCnyPerKwh}`);
  }
  return ok({ state: 'announced', terms, since: now });
}

function checkIntervals({ intervals }: EventTerms, intervalMs: number): Result<true, AnnounceRefusalCode> {
  if (intervals.length === 0) return refuse('intervals_empty', 'an event has at least one interval');
  for (const [at, { start, end, needWatt }] of intervals.entries()) {
    const next = intervals[at + 1];
    if (start >= end) return refuse('interval_empty', `interval ${at} ends before it starts`);
    if (end - start !== intervalMs) return refuse('interval_off_grid', `interval ${at} is not ${intervalMs} ms long`);
    if (next && next.start < end) return refuse('intervals_disordered', `interval ${at + 1} starts before ${at} ends`);
    if (needWatt === 0n) return refuse('need_zero', `interval ${at} needs nothing`);
  }
  return ok(true);
}

function checkDeadlines(terms: EventTerms, now: Instant): Result<true, AnnounceRefusalCode> {
  if (terms.gateClosesAt <= now) return refuse('gate_already_closed', 'the gate would close before the announcement');
  const { gateClosesAt, revealBy, confirmBy } = terms;
  const ordered = gateClosesAt < revealBy && revealBy < confirmBy && confirmBy <= startsAt(terms);
  if (ordered) return ok(true);
  return refuse('deadlines_disordered', 'the order is: gate closes, reveal by, confirm by, start');
}

/** True when the event is over at `now`, whatever its state says; polls use it to hide what has passed. */
export function hasPassed(terms: EventTerms, now: Instant): boolean {
  return endsAt(terms) <= now;
}
