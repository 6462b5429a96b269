import { type Instant, type Interval, instant, plusMs, rational, roundHalfEven } from '@gridpact/kernel';
import type { IntervalRecord, Observation } from './record.js';

/** Longest gap that a straight line may fill: two hours; a longer one needs like days. */
export const MAX_LINEAR_GAP_MS = 2 * 3_600_000;

/** Spans of whole steps within `[from, to)` for which one meter has no record; records ascend. */
export function gapsOf(records: readonly IntervalRecord[], within: Interval, stepMs: number): Interval[] {
  const gaps: Interval[] = [];
  let next = within.start;
  for (const record of records) {
    if (record.start >= within.end) break;
    if (record.start > next) gaps.push({ start: next, end: record.start });
    next = instant(Math.max(next, record.start + stepMs));
  }
  if (next < within.end) gaps.push({ start: next, end: within.end });
  return gaps;
}

/**
 * Fills gaps of at most two hours with a straight line between the readings beside them, each value rounded half-even
 * and flagged `estimated`, as observations of our own without a frame, which any raw reading outranks whenever it comes.
 * A gap without a raw reading directly on both sides stays open.
 */
export function estimateGaps(
  records: readonly IntervalRecord[],
  within: Interval,
  stepMs: number,
  now: Instant,
): Observation[] {
  const raw = new Map(records.filter(({ quality }) => quality === 'raw').map((record) => [record.start, record]));
  return gapsOf(records, within, stepMs).flatMap((gap) => {
    const [before, after] = [raw.get(plusMs(gap.start, -stepMs)), raw.get(gap.end)];
    return before && after && gap.end - gap.start <= MAX_LINEAR_GAP_MS ? line(before, after, now) : [];
  });
}

function line(before: IntervalRecord, after: IntervalRecord, sentAt: Instant): Observation[] {
  const steps = (after.start - before.start) / before.stepMs;
  const rise = after.energyMicroKwh - before.energyMicroKwh;
  return Array.from({ length: steps - 1 }, (_, index) => {
    const place = BigInt(index + 1);
    const exact = rational(before.energyMicroKwh * BigInt(steps) + rise * place, BigInt(steps));
    const start = plusMs(before.start, (index + 1) * before.stepMs);
    const { meter, stepMs } = before;
    return { meter, start, stepMs, energyMicroKwh: roundHalfEven(exact), quality: 'estimated', frame: null, sentAt };
  });
}
