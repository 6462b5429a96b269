import { type Interval, type Result, minuteOfDay, ok, refuse } from '@gridpact/kernel';
import { CAISO_10OF10, CAISO_10OF10_ADJ } from './caiso.js';
import { CN_TYP5 } from './china.js';
import { type MethodRule, namedResult } from './day-matching.js';
import type { Baseline, BaselineMethodName, BaselineRefusal, BaselineRequest } from './method.js';
import { PJM_4OF5, PJM_4OF5_SAA } from './pjm.js';
import { type IndexedDay, slotOf } from './series.js';

const RULES: Readonly<Record<BaselineMethodName, MethodRule>> = {
  CN_TYP5,
  CAISO_10OF10,
  CAISO_10OF10_ADJ,
  PJM_4OF5,
  PJM_4OF5_SAA,
};

/**
 * The customer baseline load of one meter over one window by a named method, with everything that explains it. Pure;
 * integers in, exact fractions between, one half-even rounding per meter step out. Refuses a window that is empty, not a
 * whole number of meter steps, or not within its day.
 */
export function computeBaseline(
  method: BaselineMethodName,
  request: BaselineRequest,
): Result<Baseline, BaselineRefusal> {
  const eventDay = request.series.days.get(request.date);
  if (!eventDay) return refuse('unknown_day', `${request.date} is not among the days of the series`);
  const { start, end } = request.window;
  if (start < eventDay.day.start || end > eventDay.day.end || start >= end) {
    return refuse('window_outside_day', `the window is empty or does not lie within ${request.date}`);
  }
  const slots = windowSlots(eventDay, request.window, request.series.stepMs);
  if (!slots) {
    return refuse('window_misaligned', `the window is no whole number of meter steps of ${request.series.stepMs} ms`);
  }
  const startMinute = minuteOfDay(eventDay.day, start);
  return ok(namedResult(method, RULES[method], { ...request, eventDay, slots, startMinute }));
}

function windowSlots(day: IndexedDay, window: Interval, stepMs: number): number[] | null {
  if ((window.end - window.start) % stepMs !== 0) return null;
  const slots = [];
  for (let at = window.start as number; at < window.end; at += stepMs) {
    const slot = slotOf(day.day, stepMs, at);
    if (slot === null) return null;
    slots.push(slot);
  }
  return slots;
}
