import { instant, type Instant } from '@gridpact/kernel';
import { expect, it } from 'vitest';
import type { EventTerms } from './event.js';
import { announce, hasPassed } from './terms.js';

const at = (hour: number): Instant => instant(hour * 3_600_000);
const need = (from: number, to: number, needWatt = 1000n) => ({ start: at(from), end: at(to), needWatt });

const terms: EventTerms = {
  event: 'ev-1',
  program: 'p-1',
  intervals: [need(10, 11), need(11, 12)],
  priceCapMicroCnyPerKwh: 4_000_000n,
  gateClosesAt: at(4),
  revealBy: at(5),
  confirmBy: at(10),
};
const rules = { noticeLeadMs: 6 * 3_600_000, intervalMs: 3_600_000, priceCapMicroCnyPerKwh: 4_000_000n };

const codeOf = (change: Partial<EventTerms>, now = at(1)): string => {
  const outcome = announce({ ...terms, ...change }, rules, now);
  return outcome.ok ? outcome.value.state : outcome.refusal.code;
};

it('announces an event whose deadlines and intervals are in order', () => {
  expect(codeOf({})).toBe('announced');
  expect(codeOf({ intervals: [need(10, 11), need(14, 15)] })).toBe('announced');
});

it.each<[string, Partial<EventTerms>, string]>([
  ['no interval', { intervals: [] }, 'intervals_empty'],
  ['an interval that ends before it starts', { intervals: [need(11, 10)] }, 'interval_empty'],
  ['an interval of another length', { intervals: [need(10, 12)] }, 'interval_off_grid'],
  ['overlapping intervals', { intervals: [need(10, 11), need(10, 11)] }, 'intervals_disordered'],
  ['an interval that needs nothing', { intervals: [need(10, 11, 0n)] }, 'need_zero'],
  ['a reveal that ends with the gate', { revealBy: at(4) }, 'deadlines_disordered'],
  ['a confirmation that ends with the reveal', { confirmBy: at(5) }, 'deadlines_disordered'],
  ['a confirmation after the start', { confirmBy: instant(at(10) + 1) }, 'deadlines_disordered'],
  ['a gate that is closed already', { gateClosesAt: at(1) }, 'gate_already_closed'],
  ['a cap above the program', { priceCapMicroCnyPerKwh: 4_000_001n }, 'price_cap_above_program'],
])('refuses an event with %s', (_, change, code) => {
  expect(codeOf(change)).toBe(code);
});

it('refuses notice shorter than the program demands, to the millisecond', () => {
  const change = { gateClosesAt: at(6), revealBy: at(7) };
  expect(codeOf(change, at(4))).toBe('announced');
  expect(codeOf(change, instant(at(4) + 1))).toBe('notice_too_short');
});

it('has passed at the very end of its last interval', () => {
  expect(hasPassed(terms, instant(at(12) - 1))).toBe(false);
  expect(hasPassed(terms, at(12))).toBe(true);
});
