import { compare, floorOf, rational, subtract, type Rational } from './rational.js';

/** A claimant of a shared total: its stable id, which breaks ties, and its non-negative weight. */
export interface Claim {
  readonly id: string;
  readonly weight: bigint;
}

/**
 * Splits a total over claims by largest remainder (Hamilton's method), so that the parts always sum to the total.
 * Each gets the floor of its exact share; what is left goes, one unit each, to the largest fractional parts, ties by id
 * ascending. Throws on a negative weight, a repeated id, or a sum of weights that is zero while the total is not.
 */
export function allotLargestRemainder(total: bigint, claims: readonly Claim[]): Map<string, bigint> {
  const sum = claims.reduce((running, claim) => running + checkedWeight(claim), 0n);
  if (new Set(claims.map((claim) => claim.id)).size !== claims.length) throw new RangeError('a claim id repeats');
  if (sum === 0n && total !== 0n) throw new RangeError('nothing to allot a total by: all weights are zero');
  const shares = claims.map((claim) => shareOf(total, claim, sum === 0n ? 1n : sum));
  let left = total - shares.reduce((running, share) => running + share.floor, 0n);
  const byRemainder = [...shares].sort((a, b) => compare(b.remainder, a.remainder) || (a.id < b.id ? -1 : 1));
  const parts = new Map(shares.map((share) => [share.id, share.floor]));
  for (const share of byRemainder) {
    if (left === 0n) break;
    parts.set(share.id, share.floor + 1n);
    left -= 1n;
  }
  return parts;
}

interface Share {
  readonly id: string;
  readonly floor: bigint;
  readonly remainder: Rational;
}

function shareOf(total: bigint, claim: Claim, sum: bigint): Share {
  const exact = rational(total * claim.weight, sum);
  const floor = floorOf(exact);
  return { id: claim.id, floor, remainder: subtract(exact, rational(floor)) };
}

function checkedWeight(claim: Claim): bigint {
  if (claim.weight < 0n) throw new RangeError(`weight of ${claim.id} is negative`);
  return claim.weight;
}
