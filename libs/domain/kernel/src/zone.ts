import { Temporal } from 'temporal-polyfill';
import { type Instant, type Interval, MS_PER_DAY, MS_PER_MINUTE, instant } from './time.js';

/** A local civil date `YYYY-MM-DD`; compares as text. */
export type LocalDate = string;

/** From `at` on, local clocks run `minutes` further ahead of the day's start than time has passed (negative: behind). */
export interface ClockShift {
  readonly at: Instant;
  readonly minutes: number;
}

/**
 * A civil day of a zone as UTC instants, which is all that later computation needs: it can be sealed, so that nobody
 * has to own the same edition of the time zone database. `shifts` is empty except on a clock-change day.
 */
export interface LocalDay {
  readonly date: LocalDate;
  readonly start: Instant;
  readonly end: Instant;
  readonly shifts: readonly ClockShift[];
}

/** Days kept per zone before the store is emptied; 60 years. */
const MAX_KEPT_DAYS = 22_000;
const MINUTES_PER_DAY = 1440;
const keptDays = new Map<string, Map<LocalDate, LocalDay>>();

/**
 * The local day of an IANA zone, with its clock changes; kept, since time zone arithmetic is slow. Throws RangeError on
 * an unknown zone or a date that does not exist.
 */
export function localDay(zone: string, date: LocalDate): LocalDay {
  const days = keptDays.get(zone) ?? new Map<LocalDate, LocalDay>();
  const known = days.get(date);
  if (known) return known;
  if (days.size >= MAX_KEPT_DAYS) days.clear();
  const day = resolveDay(zone, date);
  keptDays.set(zone, days.set(date, day));
  return day;
}

/** Local midnight to local midnight as UTC: 23, 24 or 25 hours long (or another length where a zone jumped). */
export function localDayBounds(zone: string, date: LocalDate): Interval {
  const { start, end } = localDay(zone, date);
  return { start, end };
}

/** The local civil date at an instant. */
export function localDateOf(zone: string, at: Instant): LocalDate {
  return localDayOf(zone, at).date;
}

/** The local day that holds an instant. */
export function localDayOf(zone: string, at: Instant): LocalDay {
  let day = localDay(zone, utcDate(at));
  while (at < day.start) day = localDay(zone, addDays(day.date, -1));
  while (at >= day.end) day = localDay(zone, addDays(day.date, 1));
  return day;
}

/** Local minute of the day, 0 to 1439, as a clock on the wall shows it: it repeats in autumn and skips in spring. */
export function localMinuteOf(zone: string, at: Instant): number {
  return minuteOfDay(localDayOf(zone, at), at);
}

/** As {@link localMinuteOf}, for a day already resolved and an instant within it; floored to the minute. */
export function minuteOfDay(day: LocalDay, at: Instant): number {
  let minute = Math.floor((at - day.start) / MS_PER_MINUTE);
  for (const shift of day.shifts) if (at >= shift.at) minute += shift.minutes;
  return minute;
}

/** The date `days` later (earlier when negative); plain calendar arithmetic without a zone. */
export function addDays(date: LocalDate, days: number): LocalDate {
  return utcDate(utcMidnight(date) + days * MS_PER_DAY);
}

/** ISO 8601 weekday, 1 Monday to 7 Sunday. */
export function weekdayOf(date: LocalDate): number {
  return ((Math.floor(utcMidnight(date) / MS_PER_DAY) + 3) % 7) + 1;
}

function resolveDay(zone: string, date: LocalDate): LocalDay {
  const from = Temporal.PlainDate.from(date).toZonedDateTime(zone);
  const start = instant(from.epochMilliseconds);
  const end = instant(Temporal.PlainDate.from(date).add({ days: 1 }).toZonedDateTime(zone).epochMilliseconds);
  return { date, start, end, shifts: shiftsOf(from, end) };
}

function shiftsOf(from: Temporal.ZonedDateTime, end: Instant): ClockShift[] {
  const midnightGap = from.hour * 60 + from.minute;
  const shifts = midnightGap > 0 ? [{ at: instant(from.epochMilliseconds), minutes: midnightGap }] : [];
  if (end - from.epochMilliseconds + midnightGap * MS_PER_MINUTE === MINUTES_PER_DAY * MS_PER_MINUTE) return shifts;
  let before = from;
  for (;;) {
    const after = before.getTimeZoneTransition('next');
    if (!after || after.epochMilliseconds >= end) return shifts;
    const minutes = (after.offsetNanoseconds - before.offsetNanoseconds) / 60_000_000_000;
    shifts.push({ at: instant(after.epochMilliseconds), minutes });
    before = after;
  }
}

function utcMidnight(date: LocalDate): number {
  const ms = Date.parse(`${date}T00:00:00Z`);
  if (Number.isNaN(ms)) throw new RangeError(`not a date YYYY-MM-DD: ${date}`);
  return ms;
}

function utcDate(ms: number): LocalDate {
  return new Date(ms).toISOString().slice(0, 10);
}
