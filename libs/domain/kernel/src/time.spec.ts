import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  businessAt,
  contains,
  formatInstant,
  instant,
  instantOf,
  machineInstant,
  overlaps,
  parseInstant,
  plusMs,
} from './time.js';

const MOMENT = fc.integer({ min: -62_167_219_200_000, max: 253_402_300_799_999 }).map(instant);
const span = (start: number, end: number) => ({ start: instant(start), end: instant(end) });

describe('instant', () => {
  it('writes UTC with milliseconds and reads any offset', () => {
    expect(formatInstant(instantOf('2026-07-01T14:00:00+08:00'))).toBe('2026-07-01T06:00:00.000Z');
    expect(formatInstant(instantOf('2026-07-01T14:00:00.1234567Z'))).toBe('2026-07-01T14:00:00.123Z');
  });

  it('reads back what it writes', () => {
    fc.assert(
      fc.property(MOMENT, (at) => {
        expect(instantOf(formatInstant(at))).toBe(at);
      }),
    );
  });

  it.each([
    '2026-07-01T14:00:00',
    '2026-02-30T00:00:00Z',
    '2026-07-01',
    '2026-07-01 14:00:00Z',
    '2026-13-01T00:00:00Z',
    '',
  ])('refuses "%s"', (text) => {
    expect(parseInstant(text)).toMatchObject({ ok: false, refusal: { code: 'bad_instant' } });
    expect(() => instantOf(text)).toThrow('RFC 3339');
  });

  it('takes only whole milliseconds that RFC 3339 can write', () => {
    expect(() => instant(0.5)).toThrow(RangeError);
    expect(() => machineInstant(Number.NaN)).toThrow(RangeError);
    expect(() => plusMs(instant(253_402_300_799_999), 1)).toThrow(RangeError);
  });
});

describe('interval', () => {
  it('is half-open: it holds its start and not its end', () => {
    expect(contains(span(10, 20), instant(10))).toBe(true);
    expect(contains(span(10, 20), instant(20))).toBe(false);
  });

  it('overlaps another only when they share a moment', () => {
    expect(overlaps(span(10, 20), span(20, 30))).toBe(false);
    expect(overlaps(span(10, 21), span(20, 30))).toBe(true);
    expect(overlaps(span(12, 15), span(10, 20))).toBe(true);
  });
});

describe('business clock', () => {
  const mapping = { machineEpoch: machineInstant(1_000), businessEpoch: instant(50_000), ratePermille: 60_000 };

  it('runs at its rate from its epoch', () => {
    expect(businessAt(mapping, machineInstant(2_000))).toBe(50_000 + 60_000);
    expect(businessAt({ ...mapping, ratePermille: 0 }, machineInstant(9_000))).toBe(50_000);
  });

  it('stands at its epoch before it began, and never runs back', () => {
    expect(businessAt(mapping, machineInstant(0))).toBe(50_000);
    fc.assert(
      fc.property(fc.nat(10_000_000), fc.nat(10_000), (machine, later) => {
        const first = businessAt(mapping, machineInstant(machine));
        expect(businessAt(mapping, machineInstant(machine + later))).toBeGreaterThanOrEqual(first);
      }),
    );
  });
});
