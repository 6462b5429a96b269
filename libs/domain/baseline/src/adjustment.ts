import { type Rational, compare, max, min, rational, rationalOf, reduce } from '@gridpact/kernel';
import { type Candidate, hasAll, sumOver } from './candidates.js';
import type { Adjustment, BaselineFlag, SlotRequest } from './method.js';

/** Local minutes before the window's start: `[from, to)` counted backwards, such as 240 to 60. */
export interface AdjustmentSpan {
  readonly fromMinutes: number;
  readonly toMinutes: number;
}

/** BASELINE-SPEC A34: the three hours that end one hour before the window. */
export const THREE_HOURS_TO_ONE_BEFORE: AdjustmentSpan = { fromMinutes: 240, toMinutes: 60 };

/** Bounds of CAISO's same-day factor. */
const LOWEST_FACTOR = rationalOf('0.8');
const HIGHEST_FACTOR = rationalOf('1.2');

/** An adjustment, or the flag that says why there is none. */
export type Adjusted = { readonly adjustment: Adjustment | null; readonly flag: BaselineFlag | null };

/** Slots of an adjustment span on the event day, in step order; null when it would begin before midnight. */
export function adjustmentSlots(request: SlotRequest, span: AdjustmentSpan): number[] | null {
  const stepMinutes = request.series.stepMs / 60_000;
  const from = request.startMinute - span.fromMinutes;
  if (from < 0) return null;
  const slots = [];
  for (let minute = from; minute < request.startMinute - span.toMinutes; minute += stepMinutes) {
    slots.push(minute / stepMinutes);
  }
  return slots;
}

/** PJM symmetric additive adjustment: mean use of the event day over the span minus that of the chosen days. */
export function additiveAdjustment(request: SlotRequest, chosen: readonly Candidate[], span: AdjustmentSpan): Adjusted {
  const sums = spanSums(request, chosen, span);
  if (!sums) return { adjustment: null, flag: 'ADJ_MISSING' };
  const days = BigInt(chosen.length);
  const value = rational(sums.actual * days - sums.usual, 2n * days * BigInt(sums.slots));
  return { adjustment: { kind: 'additive', value: reduce(value), clamped: false }, flag: null };
}

/** CAISO same-day adjustment: the ratio of the same two means, kept within 0.8 and 1.2. */
export function factorAdjustment(request: SlotRequest, chosen: readonly Candidate[], span: AdjustmentSpan): Adjusted {
  const sums = spanSums(request, chosen, span);
  if (!sums) return { adjustment: null, flag: 'ADJ_MISSING' };
  if (sums.usual <= 0n) return { adjustment: null, flag: 'ADJ_ZERO' };
  const ratio = rational(sums.actual * BigInt(chosen.length), sums.usual);
  const value = max(LOWEST_FACTOR, min(HIGHEST_FACTOR, ratio));
  return { adjustment: { kind: 'factor', value: reduce(value), clamped: !same(value, ratio) }, flag: null };
}

/** Half micro-kWh over the span: of the event day, and of all chosen days together. */
function spanSums(request: SlotRequest, chosen: readonly Candidate[], span: AdjustmentSpan) {
  const slots = adjustmentSlots(request, span);
  if (!slots || !hasAll(request.eventDay.halves, slots)) return null;
  const usual = chosen.reduce((sum, day) => sum + sumOver(day.halves, slots), 0n);
  return { actual: sumOver(request.eventDay.halves, slots), usual, slots: slots.length };
}

function same(a: Rational, b: Rational): boolean {
  return compare(a, b) === 0;
}
