import { instant, rational, type Instant } from '@gridpact/kernel';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { disaggregate, redistribute, type CandidateSite, type Disaggregation } from './disaggregation.js';

const at = (hour: number): Instant => instant(hour * 3_600_000);
const award = (...watts: bigint[]) => watts.map((watt, hour) => ({ start: at(hour), end: at(hour + 1), watt }));
const site = (name: string, capabilityWatt: bigint, cost = 0n, standing = false): CandidateSite => {
  return { site: name, capabilityWatt, costMicroCnyPerKwh: cost, standing };
};
const asked = ({ allocations }: Disaggregation) => {
  return Object.fromEntries(allocations.map(({ site: name, intervals }) => [name, intervals.map(({ watt }) => watt)]));
};
const NO_RESERVE = rational(0n);

describe('an award', () => {
  it('goes to the cheapest sites first, the last one in part', () => {
    const spread = disaggregate(
      award(500n),
      [site('c', 300n, 9n), site('a', 300n, 5n), site('b', 300n, 7n)],
      NO_RESERVE,
    );
    expect(asked(spread)).toEqual({ a: [300n], b: [200n] });
    expect(spread.binding).toBeNull();
  });

  it('goes to standing offers before equally dear sites, and then by id', () => {
    const sites = [site('b', 100n), site('a', 100n), site('z', 100n, 0n, true)];
    expect(asked(disaggregate(award(150n), sites, NO_RESERVE))).toEqual({ z: [100n], a: [50n] });
  });

  it('is spread with its reserve, rounded up to whole watts', () => {
    const spread = disaggregate(award(101n), [site('a', 500n)], rational(1n, 10n));
    expect(spread.intervals[0]).toMatchObject({ watt: 101n, targetWatt: 112n, allocatedWatt: 112n });
  });

  it('names the reserve as what binds when only the award can be met', () => {
    const spread = disaggregate(award(100n, 90n), [site('a', 105n)], rational(1n, 10n));
    expect(asked(spread)).toEqual({ a: [105n, 99n] });
    expect(spread.binding).toEqual({ code: 'capability_below_reserve', start: at(0), missingWatt: 5n });
  });

  it('asks all sites in full and names the widest gap when the award cannot be met', () => {
    const spread = disaggregate(award(100n, 300n), [site('a', 50n), site('b', 40n)], NO_RESERVE);
    expect(asked(spread)).toEqual({ a: [50n, 50n], b: [40n, 40n] });
    expect(spread.binding).toEqual({ code: 'capability_below_award', start: at(1), missingWatt: 210n });
  });

  it('leaves out sites that are asked for nothing', () => {
    expect(asked(disaggregate(award(0n), [site('a', 50n)], NO_RESERVE))).toEqual({});
  });

  it('cannot be spread with a negative reserve', () => {
    expect(() => disaggregate(award(1n), [], rational(-1n))).toThrow(RangeError);
  });
});

describe('after answers', () => {
  const sites = [site('a', 300n, 1n), site('b', 300n, 2n), site('c', 300n, 3n)];

  it('the refused part goes to the sites that have not answered', () => {
    const spread = redistribute(award(500n), sites, NO_RESERVE, [{ site: 'a', wattByInterval: [0n] }]);
    expect(asked(spread)).toEqual({ b: [300n], c: [200n] });
  });

  it('a part that was confirmed stays as it is', () => {
    const spread = redistribute(award(500n), sites, NO_RESERVE, [{ site: 'a', wattByInterval: [120n] }]);
    expect(asked(spread)).toEqual({ a: [120n], b: [300n], c: [80n] });
  });

  it('nobody else is asked when the confirmed parts suffice', () => {
    const spread = redistribute(award(100n), sites, NO_RESERVE, [{ site: 'c', wattByInterval: [150n] }]);
    expect(asked(spread)).toEqual({ c: [150n] });
    expect(spread.binding).toBeNull();
  });
});

describe('for every award and every portfolio', () => {
  const awards = fc.array(fc.bigInt(0n, 10_000n), { minLength: 1, maxLength: 4 }).map((watts) => award(...watts));
  const portfolio = fc
    .array(fc.tuple(fc.bigInt(0n, 4000n), fc.bigInt(0n, 5n), fc.boolean()), { maxLength: 8 })
    .map((all) => all.map(([watt, cost, standing], n) => site(`s${n}`, watt, cost, standing)));
  const reserve = fc.bigInt(0n, 50n).map((percent) => rational(percent, 100n));

  it('sums are conserved, no site is asked for more than it can, and a gap means that all are asked in full', () => {
    fc.assert(
      fc.property(awards, portfolio, reserve, (toSpread, sites, ratio) => {
        const spread = disaggregate(toSpread, sites, ratio);
        const capability = sites.reduce((sum, { capabilityWatt }) => sum + capabilityWatt, 0n);
        for (const [place, interval] of spread.intervals.entries()) {
          const sum = spread.allocations.reduce((total, { intervals }) => total + (intervals[place]?.watt ?? 0n), 0n);
          expect(sum).toBe(interval.allocatedWatt);
          expect(sum).toBe(interval.targetWatt < capability ? interval.targetWatt : capability);
        }
        for (const { site: name, intervals } of spread.allocations) {
          const limit = sites.find((candidate) => candidate.site === name)?.capabilityWatt ?? -1n;
          expect(intervals.every(({ watt }) => watt <= limit)).toBe(true);
        }
      }),
    );
  });

  it('the order in which sites are listed changes nothing', () => {
    const shuffled = portfolio.chain((all) =>
      fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })),
    );
    fc.assert(
      fc.property(awards, shuffled, reserve, (toSpread, [listed, other], ratio) => {
        expect(disaggregate(toSpread, other, ratio)).toEqual(disaggregate(toSpread, listed, ratio));
      }),
    );
  });

  it('a refusal never lowers what an unanswered site is asked for', () => {
    fc.assert(
      fc.property(awards, portfolio, reserve, (toSpread, sites, ratio) => {
        const earlier = asked(disaggregate(toSpread, sites, ratio));
        const [refusing] = Object.keys(earlier);
        if (refusing === undefined) return;
        const answers = [{ site: refusing, wattByInterval: toSpread.map(() => 0n) }];
        const later = asked(redistribute(toSpread, sites, ratio, answers));
        for (const [name, watts] of Object.entries(earlier)) {
          if (name === refusing) continue;
          watts.forEach((watt, place) => expect((later[name]?.[place] ?? 0n) >= watt).toBe(true));
        }
      }),
    );
  });
});
