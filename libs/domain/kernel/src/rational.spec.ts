import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  add,
  compare,
  divide,
  floorOf,
  max,
  min,
  multiply,
  rational,
  rationalOf,
  reduce,
  roundHalfEven,
  subtract,
  type Rational,
} from './rational.js';

const INTEGER = fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n });
const FRACTION = fc
  .tuple(
    INTEGER,
    INTEGER.filter((d) => d !== 0n),
  )
  .map(([n, d]) => rational(n, d));
const NONZERO = FRACTION.filter((a) => a.n !== 0n);
const same = (a: Rational, b: Rational) => expect(compare(a, b)).toBe(0);

describe('rational', () => {
  it('reads plain decimals and nothing else', () => {
    expect(reduce(rationalOf('-1.25'))).toEqual({ n: -5n, d: 4n });
    expect(reduce(rationalOf('0.80'))).toEqual({ n: 4n, d: 5n });
    for (const text of ['1e3', '.5', '1.', '+1', '1/2', '', ' 1']) expect(() => rationalOf(text)).toThrow(RangeError);
  });

  it('keeps its denominator positive and refuses zero', () => {
    expect(rational(1n, -2n)).toEqual({ n: -1n, d: 2n });
    expect(() => rational(1n, 0n)).toThrow(RangeError);
    expect(() => divide(rational(1n), rational(0n))).toThrow(RangeError);
  });

  it('obeys the laws of a field', () => {
    fc.assert(
      fc.property(FRACTION, FRACTION, NONZERO, (a, b, c) => {
        same(add(a, b), add(b, a));
        same(subtract(add(a, b), b), a);
        same(multiply(c, add(a, b)), add(multiply(c, a), multiply(c, b)));
        same(multiply(divide(a, c), c), a);
        same(reduce(a), a);
      }),
    );
  });

  it('orders without floats, beyond 2^53', () => {
    expect(compare(rational(9007199254740993n), rational(9007199254740992n))).toBe(1);
    same(min(rational(1n, 3n), rational(2n, 6n)), rational(1n, 3n));
    same(max(rational(-1n), rational(-2n)), rational(-1n));
  });

  it('reaches lowest terms, also for zero and negatives', () => {
    expect(reduce(rational(0n, 7n))).toEqual({ n: 0n, d: 1n });
    expect(reduce(rational(-6n, 4n))).toEqual({ n: -3n, d: 2n });
  });
});

describe('rounding', () => {
  it.each([
    [1n, 2n, 0n],
    [3n, 2n, 2n],
    [-1n, 2n, 0n],
    [-3n, 2n, -2n],
    [5n, 2n, 2n],
    [-7n, 3n, -2n],
    [8n, 3n, 3n],
  ])('takes %s/%s to %s, a tie to the even neighbour', (n, d, expected) => {
    expect(roundHalfEven(rational(n, d))).toBe(expected);
  });

  it('stays within a half, is symmetric, and leaves integers alone', () => {
    fc.assert(
      fc.property(FRACTION, INTEGER, (a, whole) => {
        const distance = subtract(rational(roundHalfEven(a)), a);
        expect(compare(multiply(distance, rational(2n)), rational(1n))).toBeLessThanOrEqual(0);
        expect(compare(multiply(distance, rational(2n)), rational(-1n))).toBeGreaterThanOrEqual(0);
        expect(roundHalfEven(rational(-a.n, a.d))).toBe(-roundHalfEven(a));
        expect(roundHalfEven(rational(whole))).toBe(whole);
      }),
    );
  });

  it('floors towards minus infinity', () => {
    expect([rational(-1n, 2n), rational(1n, 2n), rational(-4n, 2n)].map(floorOf)).toEqual([-1n, 0n, -2n]);
  });
});
