import { type Interval, type LocalDate, MS_PER_MINUTE, instant, minuteOfDay, overlaps } from '@gridpact/kernel';
import type { ResolvedDay } from './calendar.js';

/** Readings of one meter: `[interval start in UTC ms, micro-kWh]`, starts strictly ascending, gaps simply absent. */
export interface MeterSeries {
  readonly stepMs: number;
  readonly readings: readonly (readonly [startMs: number, microKwh: bigint])[];
}

/** Spans in which the meter's use says nothing about usual use: supply outages, planned maintenance. */
export interface Exclusions {
  readonly outages?: readonly Interval[];
  /** Whole days left out for another reason, such as a known anomaly. */
  readonly days?: readonly LocalDate[];
}

/**
 * One local day of a meter. `halves[k]` is the reading of slot k (local minute of the day / step) in **half** micro-kWh,
 * so that the mean of the two readings of a repeated autumn hour stays an integer; null where no reading is.
 */
export interface IndexedDay {
  readonly day: ResolvedDay;
  readonly halves: readonly (bigint | null)[];
  /** As many readings as the day has steps: 23, 24 or 25 hours of them. */
  readonly complete: boolean;
  readonly outage: boolean;
  readonly excluded: boolean;
}

/** A series laid out by local day once, so that each method only adds integers. */
export interface IndexedSeries {
  readonly stepMs: number;
  readonly days: ReadonlyMap<LocalDate, IndexedDay>;
}

/**
 * Lays a series out over `days` (ascending, without overlap). Readings outside these days are left aside, as is one
 * whose local minute is no multiple of the step (its day counts as incomplete); readings that touch an outage are
 * dropped. Throws when starts do not ascend or the step does not divide a day.
 */
export function indexSeries(
  series: MeterSeries,
  days: readonly ResolvedDay[],
  exclusions: Exclusions = {},
): IndexedSeries {
  const stepMinutes = checkedStepMinutes(series.stepMs);
  const outages = exclusions.outages ?? [];
  const excluded = new Set(exclusions.days ?? []);
  const indexed = new Map<LocalDate, IndexedDay>();
  let next = 0;
  for (const day of days) {
    while (startAt(series, next) < day.start) next += 1;
    const first = next;
    while (startAt(series, next) < day.end) next += 1;
    const readings = series.readings.slice(first, next);
    indexed.set(day.date, indexDay(day, readings, stepMinutes, outages, excluded.has(day.date)));
  }
  return { stepMs: series.stepMs, days: indexed };
}

/** Slot of an instant within its day, or null when it is no multiple of the step. */
export function slotOf(day: ResolvedDay, stepMs: number, startMs: number): number | null {
  const slot = (minuteOfDay(day, instant(startMs)) * MS_PER_MINUTE) / stepMs;
  return Number.isInteger(slot) && startMs % MS_PER_MINUTE === 0 ? slot : null;
}

function indexDay(
  day: ResolvedDay,
  readings: MeterSeries['readings'],
  stepMinutes: number,
  outages: readonly Interval[],
  excluded: boolean,
): IndexedDay {
  const stepMs = stepMinutes * MS_PER_MINUTE;
  const cuts = outages.filter((outage) => overlaps(outage, day));
  const halves = new Array<bigint | null>(1440 / stepMinutes).fill(null);
  let kept = 0;
  for (const [startMs, microKwh] of readings) {
    const slot = slotOf(day, stepMs, startMs);
    if (slot === null || cuts.some((cut) => startMs < cut.end && cut.start < startMs + stepMs)) continue;
    const earlier = halves[slot] ?? null;
    halves[slot] = earlier === null ? 2n * microKwh : earlier / 2n + microKwh;
    kept += 1;
  }
  return { day, halves, complete: kept === (day.end - day.start) / stepMs, outage: cuts.length > 0, excluded };
}

function checkedStepMinutes(stepMs: number): number {
  const minutes = stepMs / MS_PER_MINUTE;
  if (!Number.isInteger(minutes) || minutes < 1 || 1440 % minutes !== 0) {
    throw new RangeError(`a step of ${stepMs} ms does not divide a day`);
  }
  return minutes;
}

/** Start of a reading, or infinity behind the last one; throws when the starts do not ascend. */
function startAt(series: MeterSeries, index: number): number {
  const start = series.readings[index]?.[0];
  const before = index > 0 ? series.readings[index - 1]?.[0] : undefined;
  if (start !== undefined && before !== undefined && start <= before) {
    throw new RangeError(`readings do not ascend at ${start}`);
  }
  return start ?? Number.POSITIVE_INFINITY;
}
