import {
  type Instant,
  type Interval,
  MS_PER_DAY,
  MS_PER_HOUR,
  MS_PER_MINUTE,
  instant,
  localDayBounds,
} from '@gridpact/kernel';

/** Zone of the played city. Series keep their own local clock: 14:00 in the source is 14:00 here. */
export const CITY_ZONE = 'Asia/Shanghai';
/** A hot working day of the series: Thursday 26 July 2018, the hottest of that year in Cambridge. */
export const EVENT_DATE = '2018-07-26';
/** Civil days of readings before the event day: enough for ten working days and the weekends between them. */
export const HISTORY_DAYS = 21;
const EVENT_HOURS = { first: 14, count: 4 };

/** Every moment that the played event names, as business instants. */
export interface Timetable {
  readonly historyFrom: Instant;
  readonly dayBefore: Instant;
  readonly eventDay: Instant;
  readonly opensAt: Instant;
  readonly sealsHistoryAt: Instant;
  readonly announceAt: Instant;
  readonly gateClosesAt: Instant;
  readonly revealBy: Instant;
  readonly confirmBy: Instant;
  readonly intervals: readonly Interval[];
}

/** The timetable of the played event: announced the day before, answered overnight, delivered from 14:00 to 18:00. */
export function timetable(): Timetable {
  const eventDay = localDayBounds(CITY_ZONE, EVENT_DATE).start;
  const at = (days: number, hours: number): Instant => instant(eventDay + days * MS_PER_DAY + hours * MS_PER_HOUR);
  return {
    historyFrom: at(-HISTORY_DAYS, 0),
    dayBefore: at(-1, 0),
    eventDay,
    opensAt: at(-1, 1),
    sealsHistoryAt: at(-1, 8),
    announceAt: at(-1, 9),
    gateClosesAt: at(-1, 12),
    revealBy: at(-1, 13),
    confirmBy: at(0, 10),
    intervals: Array.from({ length: EVENT_HOURS.count }, (_, hour) => ({
      start: at(0, EVENT_HOURS.first + hour),
      end: at(0, EVENT_HOURS.first + hour + 1),
    })),
  };
}

/** Moves a business instant by hours and minutes. */
export function later(at: Instant, hours: number, minutes = 0): Instant {
  return instant(at + hours * MS_PER_HOUR + minutes * MS_PER_MINUTE);
}
