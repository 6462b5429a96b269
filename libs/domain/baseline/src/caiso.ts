import { THREE_HOURS_TO_ONE_BEFORE, adjustmentSlots, factorAdjustment } from './adjustment.js';
import { type DayChoice, findDays } from './candidates.js';
import { dayMatching } from './day-matching.js';
import type { SlotRequest } from './method.js';

const LOOKBACK_DAYS = 45;
const WORKING_DAYS = { most: 10, fewest: 5 };
const OTHER_DAYS = { most: 4, fewest: 4 };

/**
 * CAISO "10 in 10": mean of the 10 most recent like days (working days, at least 5; 4 of the other days) within 45 days
 * (CAISO Baseline Accuracy Work Group, 2017).
 */
export const CAISO_10OF10 = dayMatching(chooseCaisoDays);

/** The same times the same-day ratio over the three hours that end one hour before the event, within 0.8 and 1.2. */
export const CAISO_10OF10_ADJ = dayMatching(chooseCaisoDays, (request, chosen) =>
  factorAdjustment(request, chosen, THREE_HOURS_TO_ONE_BEFORE),
);

function chooseCaisoDays(request: SlotRequest): DayChoice {
  const rule = request.eventDay.day.type === 'WD' ? WORKING_DAYS : OTHER_DAYS;
  const span = adjustmentSlots(request, THREE_HOURS_TO_ONE_BEFORE) ?? [];
  const needed = [...request.slots, ...span];
  const found = findDays(request, { grouping: 'two-way', lookbackDays: LOOKBACK_DAYS, skipDays: 0, needed });
  const chosen = found.candidates.slice(0, rule.most);
  return { chosen, dropped: [], passedOver: found.rejected, enough: chosen.length >= rule.fewest };
}
