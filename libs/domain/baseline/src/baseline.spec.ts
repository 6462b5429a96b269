import { MS_PER_HOUR, addDays, instant, localDayBounds } from '@gridpact/kernel';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { computeBaseline } from './baseline.js';
import { resolveDays } from './calendar.js';
import { BASELINE_METHODS, type Baseline, type BaselineMethodName } from './method.js';
import { type Exclusions, indexSeries } from './series.js';

const ZONE = 'Asia/Shanghai';
/** A Wednesday. */
const EVENT = '2026-07-15';
const NO_HOLIDAYS = { holidays: [], workdays: [] };
const days = resolveDays(ZONE, NO_HOLIDAYS, EVENT);
const hourOf = (date: string, hour: number) => instant(localDayBounds(ZONE, date).start + hour * MS_PER_HOUR);
const window = { start: hourOf(EVENT, 14), end: hourOf(EVENT, 16) };

type Load = (date: string, hour: number) => bigint | null;
interface Case {
  readonly load?: Load;
  readonly eventDays?: string[];
  readonly exclusions?: Exclusions;
}

function seriesOf(load: Load) {
  const readings: [number, bigint][] = [];
  for (const { date } of days) {
    for (let hour = 0; hour < 24; hour += 1) {
      const value = load(date, hour);
      if (value !== null) readings.push([hourOf(date, hour), value]);
    }
  }
  return { stepMs: MS_PER_HOUR, readings };
}

function baselineOf(
  method: BaselineMethodName,
  { load = () => 100n, eventDays = [], exclusions = {} }: Case,
): Baseline {
  const series = indexSeries(seriesOf(load), days, exclusions);
  const answer = computeBaseline(method, { series, date: EVENT, window, eventDays: new Set(eventDays) });
  if (!answer.ok) throw new Error(answer.refusal.detail);
  return answer.value;
}

const back = (n: number) => addDays(EVENT, -n);
const reasonFor = (baseline: Baseline, date: string) => baseline.rejected.find((day) => day.date === date)?.code;

describe('baseline days', () => {
  it('of CN_TYP5 are the last five working days, and each day passed over says why', () => {
    const baseline = baselineOf('CN_TYP5', { eventDays: [back(1)] });
    expect(baseline.used).toEqual([back(2), back(5), back(6), back(7), back(8)]);
    expect(baseline.rejected).toEqual([
      { date: back(1), code: 'event_day' },
      { date: back(3), code: 'other_day_type' },
      { date: back(4), code: 'other_day_type' },
    ]);
  });

  it('are never days with a supply outage', () => {
    const outage = { start: hourOf(back(1), 3), end: instant(hourOf(back(1), 3) + 60_000) };
    for (const method of BASELINE_METHODS) {
      const baseline = baselineOf(method, { exclusions: { outages: [outage] } });
      expect(baseline.used).not.toContain(back(1));
      expect(reasonFor(baseline, back(1))).toBe('outage');
    }
  });

  it('are never days left out by name, nor days with a gap', () => {
    const gap: Load = (date, hour) => (date === back(2) && hour === 4 ? null : 100n);
    const baseline = baselineOf('CAISO_10OF10', { load: gap, exclusions: { days: [back(1)] } });
    expect(reasonFor(baseline, back(1))).toBe('excluded');
    expect(reasonFor(baseline, back(2))).toBe('incomplete');
  });

  it('of PJM leave out the lowest of five, and low-use days altogether', () => {
    const load: Load = (date) => (date === back(1) ? 10n : date === back(2) ? 90n : 100n);
    const baseline = baselineOf('PJM_4OF5', { load });
    expect(reasonFor(baseline, back(1))).toBe('low_use');
    expect(reasonFor(baseline, back(2))).toBe('not_highest');
    expect(baseline.used).toEqual([back(5), back(6), back(7), back(8)]);
  });

  it('of CN_TYP5 lie between a quarter and twice the mean of ten', () => {
    const load: Load = (date) => (date === back(1) ? 10n : date === back(2) ? 1000n : 100n);
    const baseline = baselineOf('CN_TYP5', { load });
    expect(reasonFor(baseline, back(1))).toBe('out_of_range');
    expect(reasonFor(baseline, back(2))).toBe('out_of_range');
    expect(baseline.microKwh).toEqual([100n, 100n]);
  });

  it('too few give no baseline at all, and every day says why', () => {
    const load: Load = (date) => (date > back(4) ? 100n : null);
    for (const method of BASELINE_METHODS) {
      const baseline = baselineOf(method, { load });
      expect(baseline).toMatchObject({ flag: 'INSUFFICIENT', microKwh: null, used: [] });
      expect(reasonFor(baseline, back(5))).toBe('incomplete');
    }
  });
});

describe('same-day adjustment', () => {
  const hotMorning: Load = (date, hour) => (date === EVENT && hour >= 10 && hour < 13 ? 130n : 100n);

  it('adds the difference of the three hours that end an hour before the event (PJM)', () => {
    const baseline = baselineOf('PJM_4OF5_SAA', { load: hotMorning });
    expect(baseline.adjustment).toEqual({ kind: 'additive', value: { n: 30n, d: 1n }, clamped: false });
    expect(baseline.microKwh).toEqual([130n, 130n]);
  });

  it('scales by their ratio, never by more than a fifth (CAISO)', () => {
    const baseline = baselineOf('CAISO_10OF10_ADJ', { load: hotMorning });
    expect(baseline.adjustment).toEqual({ kind: 'factor', value: { n: 6n, d: 5n }, clamped: true });
    expect(baseline.microKwh).toEqual([120n, 120n]);
  });

  it('never takes an additive baseline below zero', () => {
    const shed: Load = (date, hour) => (hour >= 14 ? 10n : date === EVENT ? 0n : 100n);
    expect(baselineOf('PJM_4OF5_SAA', { load: shed }).microKwh).toEqual([0n, 0n]);
  });

  it('is left out, and flagged, where its readings are missing or lie in an outage', () => {
    const gap: Load = (date, hour) => (date === EVENT && hour === 11 ? null : 100n);
    const outages = [{ start: hourOf(EVENT, 11), end: hourOf(EVENT, 12) }];
    for (const method of ['PJM_4OF5_SAA', 'CAISO_10OF10_ADJ'] as const) {
      expect(baselineOf(method, { load: gap })).toMatchObject({ flag: 'ADJ_MISSING', adjustment: null });
      expect(baselineOf(method, { exclusions: { outages } })).toMatchObject({ flag: 'ADJ_MISSING' });
    }
  });

  it('is left out, and flagged, where there is nothing to scale by', () => {
    const idle: Load = (_, hour) => (hour >= 10 && hour < 13 ? 0n : 100n);
    expect(baselineOf('CAISO_10OF10_ADJ', { load: idle })).toMatchObject({ flag: 'ADJ_ZERO', microKwh: [100n, 100n] });
  });
});

describe('laws of a baseline', () => {
  const values = fc.array(fc.bigInt({ min: 0n, max: 10n ** 9n }), { minLength: 61 * 24, maxLength: 61 * 24 });
  const method = fc.constantFrom(...BASELINE_METHODS);
  const loadFrom =
    (cells: bigint[], factor = 1n): Load =>
    (date, hour) =>
      factor * (cells[days.findIndex((day) => day.date === date) * 24 + hour] ?? 0n);

  it('scaling the readings scales the exact baseline', () => {
    fc.assert(
      fc.property(values, method, fc.bigInt({ min: 1n, max: 1000n }), (cells, name, factor) => {
        const plain = baselineOf(name, { load: loadFrom(cells) });
        const scaled = baselineOf(name, { load: loadFrom(cells, factor) });
        expect(scaled.used).toEqual(plain.used);
        plain.exact?.forEach((value, slot) => {
          const other = scaled.exact?.[slot] ?? { n: 0n, d: 1n };
          expect(other.n * value.d).toBe(value.n * other.d * factor);
        });
      }),
      { numRuns: 20 },
    );
  });

  it('readings of the event window itself never move it', () => {
    fc.assert(
      fc.property(values, method, fc.bigInt({ min: 0n, max: 10n ** 9n }), (cells, name, used) => {
        const load = loadFrom(cells);
        const other: Load = (date, hour) => (date === EVENT && hour >= 14 && hour < 16 ? used : load(date, hour));
        expect(baselineOf(name, { load: other })).toEqual(baselineOf(name, { load }));
      }),
      { numRuns: 20 },
    );
  });
});

describe('what cannot be asked', () => {
  const series = indexSeries(
    seriesOf(() => 1n),
    days,
  );
  const ask = (date: string, start: number, end: number) =>
    computeBaseline('CN_TYP5', {
      series,
      date,
      window: { start: instant(start), end: instant(end) },
      eventDays: new Set(),
    });

  it('is a window that is empty, leaves its day, or is no whole number of meter steps', () => {
    const { start, end } = window;
    expect(ask(EVENT, start, start)).toMatchObject({ refusal: { code: 'window_outside_day' } });
    expect(ask(EVENT, start, start + 24 * MS_PER_HOUR)).toMatchObject({ refusal: { code: 'window_outside_day' } });
    expect(ask(EVENT, start, end - 60_000)).toMatchObject({ refusal: { code: 'window_misaligned' } });
    expect(ask(EVENT, start + 60_000, end + 60_000)).toMatchObject({ refusal: { code: 'window_misaligned' } });
    expect(ask('2031-01-01', start, end)).toMatchObject({ refusal: { code: 'unknown_day' } });
  });

  it('is a series that does not ascend or a step that does not divide a day', () => {
    const at = window.start;
    expect(() =>
      indexSeries(
        {
          stepMs: MS_PER_HOUR,
          readings: [
            [at, 1n],
            [at, 1n],
          ],
        },
        days,
      ),
    ).toThrow('ascend');
    expect(() => indexSeries({ stepMs: 7 * 60_000, readings: [] }, days)).toThrow('divide');
  });
});
