import { MS_PER_HOUR, formatInstant } from '@gridpact/kernel';
import { describe, expect, it } from 'vitest';
import { dayTypes, resolveDays } from './calendar.js';

const china = { holidays: ['2026-10-01'], workdays: ['2026-10-10'] };

describe('day types', () => {
  it('take a make-up workday as a working day and a holiday as a Sunday', () => {
    const typeOf = dayTypes(china);
    expect(typeOf('2026-09-30')).toBe('WD');
    expect(typeOf('2026-10-01')).toBe('SUNHOL');
    expect(typeOf('2026-10-03')).toBe('SAT');
    expect(typeOf('2026-10-04')).toBe('SUNHOL');
    expect(typeOf('2026-10-10')).toBe('WD');
  });

  it('let a holiday win over a make-up workday', () => {
    expect(dayTypes({ holidays: ['2026-10-10'], workdays: ['2026-10-10'] })('2026-10-10')).toBe('SUNHOL');
  });
});

describe('resolved days', () => {
  it('are the event day and the days before it, oldest first, end to start', () => {
    const days = resolveDays('Europe/London', china, '2018-11-01');
    expect([days.length, days[0]?.date, days.at(-1)?.date]).toEqual([61, '2018-09-02', '2018-11-01']);
    for (const [index, day] of days.entries()) if (index > 0) expect(day.start).toBe(days[index - 1]?.end);
  });

  it('carry clock changes, so that no time zone database is needed later', () => {
    const change = resolveDays('Europe/London', china, '2018-11-01').find((day) => day.shifts.length > 0);
    expect(change?.date).toBe('2018-10-28');
    expect(((change?.end ?? 0) - (change?.start ?? 0)) / MS_PER_HOUR).toBe(25);
    expect(change?.shifts.map((shift) => formatInstant(shift.at))).toEqual(['2018-10-28T01:00:00.000Z']);
  });
});
