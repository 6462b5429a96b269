import { THREE_HOURS_TO_ONE_BEFORE, additiveAdjustment, adjustmentSlots } from './adjustment.js';
import { type Candidate, type DayChoice, droppedFor, findDays, highestUse } from './candidates.js';
import { dayMatching } from './day-matching.js';
import type { RejectedDay, SlotRequest } from './method.js';

const LOOKBACK_DAYS = 45;
/** A day used less than a quarter of the mean of its pool says nothing about usual use. */
const LOW_USE_DIVISOR = 4n;

/** How many recent days are pooled, how many of them are kept, and the fewest that make a baseline. */
const WORKING_DAYS = { pool: 5, keep: 4, fewest: 4 };
const OTHER_DAYS = { pool: 3, keep: 2, fewest: 2 };

/**
 * PJM economic CBL, "3 day types": the highest 4 of the 5 most recent like weekdays by use in the event hours (2 of 3 on
 * Saturdays and on Sundays or holidays) within 45 days, after dropping low-use days and refilling.
 */
export const PJM_4OF5 = dayMatching(choosePjmDays);

/** The same with the symmetric additive adjustment over the three hours that end one hour before the event. */
export const PJM_4OF5_SAA = dayMatching(choosePjmDays, (request, chosen) =>
  additiveAdjustment(request, chosen, THREE_HOURS_TO_ONE_BEFORE),
);

function choosePjmDays(request: SlotRequest): DayChoice {
  const rule = request.eventDay.day.type === 'WD' ? WORKING_DAYS : OTHER_DAYS;
  const span = adjustmentSlots(request, THREE_HOURS_TO_ONE_BEFORE) ?? [];
  const needed = [...request.slots, ...span];
  const found = findDays(request, { grouping: 'three-way', lookbackDays: LOOKBACK_DAYS, skipDays: 0, needed });
  const filtered = withoutLowUse(found.candidates, rule.pool);
  const chosen = highestUse(filtered.pool, rule.keep);
  const dropped = [...filtered.dropped, ...droppedFor('not_highest', filtered.pool, chosen)];
  return { chosen, dropped, passedOver: found.rejected, enough: filtered.pool.length >= rule.fewest };
}

/** Pools the first n days, drops those below a quarter of the pool's mean, refills, until none is dropped. */
function withoutLowUse(candidates: readonly Candidate[], n: number) {
  const dropped: RejectedDay[] = [];
  let left = candidates;
  for (;;) {
    const pool = left.slice(0, n);
    const sum = pool.reduce((running, day) => running + day.use, 0n);
    const kept = pool.filter((day) => day.use * LOW_USE_DIVISOR * BigInt(pool.length) >= sum);
    if (kept.length === pool.length) return { pool, dropped };
    dropped.push(...droppedFor('low_use', pool, kept));
    left = [...kept, ...left.slice(n)];
  }
}
