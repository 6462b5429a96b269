import { type Candidate, type DayChoice, droppedFor, findDays } from './candidates.js';
import { dayMatching } from './day-matching.js';
import type { SlotRequest } from './method.js';

const LOOKBACK_DAYS = 60;
/** Days whose mean use is the measure of the range filter. */
const SAMPLE_DAYS = 10;
const WORKING_DAYS = 5;
const OTHER_DAYS = 3;

/**
 * Chinese typical-day baseline: mean of the last 5 normal working days (3 of the other days) within 60 days, after
 * dropping days below 25 % or above 200 % of the mean of the last 10 (Jiangsu 2015; the filter's numbers are unverified).
 */
export const CN_TYP5 = dayMatching(chooseTypicalDays);

function chooseTypicalDays(request: SlotRequest): DayChoice {
  const days = request.eventDay.day.type === 'WD' ? WORKING_DAYS : OTHER_DAYS;
  const needed = request.slots;
  const found = findDays(request, { grouping: 'two-way', lookbackDays: LOOKBACK_DAYS, skipDays: 0, needed });
  const sample = found.candidates.slice(0, SAMPLE_DAYS);
  const usual = withinRange(sample);
  const chosen = usual.slice(0, days);
  const dropped = droppedFor('out_of_range', sample, usual);
  return { chosen, dropped, passedOver: found.rejected, enough: chosen.length === days };
}

/** Keeps days with mean/4 <= use <= 2*mean. */
function withinRange(sample: readonly Candidate[]): Candidate[] {
  const sum = sample.reduce((running, day) => running + day.use, 0n);
  const n = BigInt(sample.length);
  return sample.filter((day) => 4n * n * day.use >= sum && n * day.use <= 2n * sum);
}
