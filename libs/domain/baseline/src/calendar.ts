import { type LocalDate, type LocalDay, addDays, localDay, weekdayOf } from '@gridpact/kernel';

/**
 * Three-way day types of PJM: working day, Saturday, Sunday or holiday. Two-way methods take `WD` against the rest.
 * A make-up workday (a weekend day that is worked, as in China) is `WD`.
 */
export const DAY_TYPES = ['WD', 'SAT', 'SUNHOL'] as const;
export type DayType = (typeof DAY_TYPES)[number];

/** Holidays, and weekend days that are worked; a day in both is a holiday. */
export interface DayCalendar {
  readonly holidays: readonly LocalDate[];
  readonly workdays: readonly LocalDate[];
}

/** A local day whose bounds and type are settled: all that a baseline needs of zone and calendar. */
export interface ResolvedDay extends LocalDay {
  readonly type: DayType;
}

/** Longest walk back of any method, days before the event day. */
export const MAX_LOOKBACK_DAYS = 60;

/** The type of each date under one calendar. */
export function dayTypes(calendar: DayCalendar): (date: LocalDate) => DayType {
  const holidays = new Set(calendar.holidays);
  const workdays = new Set(calendar.workdays);
  return (date) => {
    const weekday = weekdayOf(date);
    if (holidays.has(date)) return 'SUNHOL';
    if (weekday <= 5 || workdays.has(date)) return 'WD';
    return weekday === 6 ? 'SAT' : 'SUNHOL';
  };
}

/**
 * The event day and the `lookbackDays` before it, oldest first, resolved with the time zone database of this machine;
 * sealed with the settlement inputs, so that recomputation needs no such database.
 */
export function resolveDays(
  zone: string,
  calendar: DayCalendar,
  eventDate: LocalDate,
  lookbackDays = MAX_LOOKBACK_DAYS,
): ResolvedDay[] {
  const typeOf = dayTypes(calendar);
  return Array.from({ length: lookbackDays + 1 }, (_, index) => {
    const date = addDays(eventDate, index - lookbackDays);
    return { ...localDay(zone, date), type: typeOf(date) };
  });
}
