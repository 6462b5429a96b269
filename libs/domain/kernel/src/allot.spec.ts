import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allotLargestRemainder, type Claim } from './allot.js';

const CLAIMS = fc.uniqueArray(
  fc.record({ id: fc.string({ minLength: 1 }), weight: fc.bigInt({ min: 0n, max: 1000n }) }),
  {
    minLength: 1,
    maxLength: 12,
    selector: (claim: Claim) => claim.id,
  },
);
const TOTAL = fc.bigInt({ min: -100_000n, max: 100_000n });
const sum = (parts: Map<string, bigint>) => [...parts.values()].reduce((a, b) => a + b, 0n);

describe('allotment by largest remainder', () => {
  it('hands the odd unit to the largest remainder, a tie to the first id', () => {
    const thirds = ['b', 'c', 'a'].map((id) => ({ id, weight: 1n }));
    expect(allotLargestRemainder(1n, thirds)).toEqual(
      new Map([
        ['b', 0n],
        ['c', 0n],
        ['a', 1n],
      ]),
    );
    expect(
      allotLargestRemainder(985n, [
        { id: 'aggregator', weight: 20n },
        { id: 'user', weight: 80n },
      ]),
    ).toEqual(
      new Map([
        ['aggregator', 197n],
        ['user', 788n],
      ]),
    );
  });

  it('always conserves the total, whatever the order of the claims', () => {
    fc.assert(
      fc.property(CLAIMS, TOTAL, (claims, total) => {
        fc.pre(claims.some((claim) => claim.weight > 0n));
        const parts = allotLargestRemainder(total, claims);
        expect(sum(parts)).toBe(total);
        const reversed = allotLargestRemainder(total, [...claims].reverse());
        for (const claim of claims) expect(reversed.get(claim.id)).toBe(parts.get(claim.id));
      }),
    );
  });

  it('gives each claim its exact share rounded down or up', () => {
    fc.assert(
      fc.property(CLAIMS, TOTAL, (claims, total) => {
        const weights = claims.reduce((running, claim) => running + claim.weight, 0n);
        fc.pre(weights > 0n);
        const parts = allotLargestRemainder(total, claims);
        for (const claim of claims) {
          const excess = (parts.get(claim.id) ?? 0n) * weights - total * claim.weight;
          expect(excess > -weights && excess < weights).toBe(true);
        }
      }),
    );
  });

  it('refuses a negative weight, a repeated id and a total that nobody claims', () => {
    expect(() => allotLargestRemainder(1n, [{ id: 'a', weight: -1n }])).toThrow('negative');
    expect(() =>
      allotLargestRemainder(1n, [
        { id: 'a', weight: 1n },
        { id: 'a', weight: 1n },
      ]),
    ).toThrow('repeats');
    expect(() => allotLargestRemainder(1n, [{ id: 'a', weight: 0n }])).toThrow('zero');
    expect(allotLargestRemainder(0n, [])).toEqual(new Map());
  });
});
