import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MS_PER_HOUR, instant } from './time.js';
import { PRODUCTS_PER_FEN, decimal, energyMicroKwh, meanWatt } from './units.js';

const hour = { start: instant(0), end: instant(MS_PER_HOUR) };

describe('units', () => {
  it('turns 1 kW for an hour into 1 kWh', () => {
    expect(energyMicroKwh(1000n, hour)).toBe(1_000_000n);
    expect(energyMicroKwh(1n, { start: instant(0), end: instant(900_000) })).toBe(250n);
  });

  it('refuses a span in which a watt is no whole micro-kWh', () => {
    expect(() => energyMicroKwh(1n, { start: instant(0), end: instant(1000) })).toThrow(RangeError);
  });

  it('returns to the power that made the energy', () => {
    const minutes = fc.integer({ min: 1, max: 1440 });
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 12n }), minutes, (watt, length) => {
        const span = { start: instant(0), end: instant(length * 3600 * 1000) };
        expect(meanWatt(energyMicroKwh(watt, span), span)).toBe(watt);
      }),
    );
  });

  it('counts the products of energy and price in one fen: 1 kWh at 1 CNY/kWh is 100 fen', () => {
    expect((1_000_000n * 1_000_000n) / PRODUCTS_PER_FEN).toBe(100n);
  });

  it('writes integers beyond 2^53 exactly', () => {
    expect(decimal(-9007199254740993n)).toBe('-9007199254740993');
  });
});
