import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MS_PER_DAY, MS_PER_HOUR, formatInstant, instant, instantOf } from './time.js';
import {
  addDays,
  localDateOf,
  localDay,
  localDayBounds,
  localDayOf,
  localMinuteOf,
  minuteOfDay,
  weekdayOf,
} from './zone.js';

const hours = (zone: string, date: string) => {
  const day = localDayBounds(zone, date);
  return (day.end - day.start) / MS_PER_HOUR;
};

describe('local day', () => {
  it('runs from local midnight to local midnight', () => {
    const day = localDayBounds('Asia/Shanghai', '2026-07-01');
    expect(formatInstant(day.start)).toBe('2026-06-30T16:00:00.000Z');
    expect(formatInstant(day.end)).toBe('2026-07-01T16:00:00.000Z');
  });

  it('has 23 hours in spring and 25 in autumn where clocks change, always 24 in China', () => {
    expect(hours('Europe/London', '2018-03-25')).toBe(23);
    expect(hours('Europe/London', '2018-10-28')).toBe(25);
    expect(hours('Europe/London', '2018-07-01')).toBe(24);
    expect(hours('Asia/Shanghai', '2018-03-25')).toBe(24);
  });

  it('names the clock change as an instant, so that a minute needs no time zone database', () => {
    expect(localDay('Europe/London', '2018-03-25').shifts).toEqual([
      { at: instantOf('2018-03-25T01:00:00Z'), minutes: 60 },
    ]);
    expect(localDay('Europe/London', '2018-10-28').shifts).toEqual([
      { at: instantOf('2018-10-28T01:00:00Z'), minutes: -60 },
    ]);
    expect(localDay('Australia/Lord_Howe', '2018-04-01').shifts.map((shift) => shift.minutes)).toEqual([-30]);
  });

  it('begins after midnight where the clock skips midnight', () => {
    const day = localDay('America/Sao_Paulo', '2018-11-04');
    expect(formatInstant(day.start)).toBe('2018-11-04T03:00:00.000Z');
    expect(minuteOfDay(day, day.start)).toBe(60);
    expect(hours('America/Sao_Paulo', '2018-11-04')).toBe(23);
  });

  it('refuses an unknown zone and a date that does not exist', () => {
    expect(() => localDay('Asia/Yiwu', '2026-07-01')).toThrow(RangeError);
    expect(() => localDay('Asia/Shanghai', '2026-02-30')).toThrow(RangeError);
  });
});

describe('local date and minute', () => {
  it('repeats an hour of minutes in autumn and skips one in spring', () => {
    expect(localMinuteOf('Europe/London', instantOf('2018-10-28T00:30:00Z'))).toBe(90);
    expect(localMinuteOf('Europe/London', instantOf('2018-10-28T01:30:00Z'))).toBe(90);
    expect(localMinuteOf('Europe/London', instantOf('2018-03-25T00:59:00Z'))).toBe(59);
    expect(localMinuteOf('Europe/London', instantOf('2018-03-25T01:00:00Z'))).toBe(120);
  });

  it('finds the date on the far side of UTC midnight', () => {
    expect(localDateOf('Asia/Shanghai', instantOf('2026-06-30T16:00:00Z'))).toBe('2026-07-01');
    expect(localDateOf('Pacific/Kiritimati', instantOf('2026-06-30T23:00:00Z'))).toBe('2026-07-01');
    expect(localDateOf('America/Los_Angeles', instantOf('2026-07-01T06:59:59Z'))).toBe('2026-06-30');
  });

  it('agrees with the operating system calendar at every moment', () => {
    const zones = ['Asia/Shanghai', 'Europe/London', 'America/Sao_Paulo', 'Australia/Lord_Howe', 'Asia/Kathmandu'];
    const from = instantOf('2010-01-01T00:00:00Z');
    const moment = fc.integer({ min: 0, max: 16 * 365 * 24 * 60 }).map((minutes) => instant(from + minutes * 60_000));
    fc.assert(
      fc.property(fc.constantFrom(...zones), moment, (zone, at) => {
        const day = localDayOf(zone, at);
        expect(`${day.date} ${clock(minuteOfDay(day, at))}`).toBe(wallClock(zone, at));
      }),
      { numRuns: 300 },
    );
  });
});

describe('calendar arithmetic', () => {
  it('crosses months, leap days and years', () => {
    expect(addDays('2024-02-28', 1)).toBe('2024-02-29');
    expect(addDays('2026-01-01', -1)).toBe('2025-12-31');
    expect(addDays('2026-07-01', 0)).toBe('2026-07-01');
  });

  it('counts weekdays from Monday 1 to Sunday 7', () => {
    expect(['2018-07-02', '2018-07-07', '2018-07-08', '1969-12-31'].map(weekdayOf)).toEqual([1, 6, 7, 3]);
  });

  it('meets each day of consecutive days end to start', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 5000 }), (n) => {
        const date = addDays('2012-01-01', n);
        const next = localDayBounds('Europe/Rome', addDays(date, 1));
        expect(localDayBounds('Europe/Rome', date).end).toBe(next.start);
        expect(Math.abs(next.end - next.start - MS_PER_DAY)).toBeLessThanOrEqual(MS_PER_HOUR);
      }),
    );
  });
});

const clock = (minute: number) =>
  `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;

function wallClock(zone: string, at: number): string {
  const form = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'short' });
  return form.format(at);
}
