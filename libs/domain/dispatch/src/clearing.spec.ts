import { instant, type Instant } from '@gridpact/kernel';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clear, type Pricing } from './clearing.js';
import type { EventTerms } from './event.js';
import type { Offer } from './nominations.js';

const at = (hour: number): Instant => instant(hour * 3_600_000);

const needing = (...needs: bigint[]): EventTerms => ({
  event: 'ev-1',
  program: 'p-1',
  intervals: needs.map((needWatt, hour) => ({ start: at(10 + hour), end: at(11 + hour), needWatt })),
  priceCapMicroCnyPerKwh: 1000n,
  gateClosesAt: at(4),
  revealBy: at(5),
  confirmBy: at(8),
});

const offer = (aggregator: string, index: number, ...blocks: [bigint, bigint][]): Offer => ({
  nomination: `n-${aggregator}`,
  aggregator,
  index,
  blocks: blocks.map(([watt, priceMicroCnyPerKwh]) => ({ watt, priceMicroCnyPerKwh })),
});

const won = (terms: EventTerms, offers: Offer[], pricing: Pricing = 'uniform') => {
  const { awards } = clear(terms, offers, pricing);
  return awards.map((award) => [award.aggregator, award.priceMicroCnyPerKwh, ...award.intervals.map((i) => i.watt)]);
};

describe('merit order', () => {
  it('takes the cheapest blocks first and the marginal one in part', () => {
    const offers = [offer('a', 1, [300n, 50n], [300n, 70n]), offer('b', 2, [400n, 60n])];
    expect(won(needing(800n), offers)).toEqual([
      ['a', 70n, 400n],
      ['b', 70n, 400n],
    ]);
  });

  it('decides equal prices by log index, not by name or place in the list', () => {
    const offers = [offer('a', 9, [500n, 50n]), offer('z', 2, [500n, 50n])];
    expect(won(needing(500n), offers)).toEqual([['z', 50n, 500n]]);
  });

  it('reports the need that no offer covers', () => {
    const { intervals } = clear(needing(800n, 100n), [offer('a', 1, [300n, 50n])], 'uniform');
    expect(intervals.map(({ awardedWatt, shortfallWatt }) => [awardedWatt, shortfallWatt])).toEqual([
      [300n, 500n],
      [100n, 0n],
    ]);
  });

  it('awards nothing at price zero when nobody offered', () => {
    const clearing = clear(needing(800n), [], 'uniform');
    expect(clearing).toMatchObject({ awards: [], stack: [], priceMicroCnyPerKwh: 0n });
  });
});

describe('prices', () => {
  const offers = [offer('a', 1, [300n, 50n], [100n, 70n]), offer('b', 2, [400n, 90n])];

  it('under uniform pricing are one: the dearest block that any interval needed', () => {
    expect(won(needing(350n, 500n), offers).map(([, price]) => price)).toEqual([90n, 90n]);
    expect(won(needing(300n), offers)).toEqual([['a', 50n, 300n]]);
  });

  it('under pay-as-bid are the mean of the own accepted blocks, half to even', () => {
    expect(won(needing(500n), offers, 'pay-as-bid').map(([, price]) => price)).toEqual([55n, 90n]);
    expect(won(needing(2n), [offer('a', 1, [1n, 10n], [1n, 11n])], 'pay-as-bid')).toEqual([['a', 10n, 2n]]);
  });

  it('under fixed pricing are the announced cap', () => {
    expect(won(needing(300n), offers, 'fixed')).toEqual([['a', 1000n, 300n]]);
  });
});

describe('for every event and every set of offers', () => {
  const needs = fc.array(fc.bigInt(1n, 5000n), { minLength: 1, maxLength: 4 });
  const blocks = fc.array(fc.tuple(fc.bigInt(0n, 2000n), fc.bigInt(0n, 1000n)), { minLength: 1, maxLength: 4 });
  const offers = fc
    .array(blocks, { maxLength: 6 })
    .map((all) => all.map((own, index) => offer(`agg-${index}`, index * 3, ...own)));
  const pricing = fc.constantFrom<Pricing>('uniform', 'pay-as-bid', 'fixed');

  it('the order in which offers are listed changes nothing', () => {
    const shuffled = offers.chain((all) =>
      fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })),
    );
    fc.assert(
      fc.property(needs, shuffled, pricing, (need, [listed, other], by) => {
        expect(clear(needing(...need), other, by)).toEqual(clear(needing(...need), listed, by));
      }),
    );
  });

  it('awards sum to what was awarded, which with the shortfall is the need', () => {
    fc.assert(
      fc.property(needs, offers, pricing, (need, all, by) => {
        const { awards, intervals, stack } = clear(needing(...need), all, by);
        for (const [place, interval] of intervals.entries()) {
          const sum = awards.reduce((total, award) => total + (award.intervals[place]?.watt ?? 0n), 0n);
          const stacked = stack.reduce((total, block) => total + (block.acceptedWatt[place] ?? 0n), 0n);
          expect(sum).toBe(interval.awardedWatt);
          expect(stacked).toBe(interval.awardedWatt);
          expect(interval.awardedWatt + interval.shortfallWatt).toBe(interval.needWatt);
          expect(interval.awardedWatt >= 0n && interval.shortfallWatt >= 0n).toBe(true);
        }
      }),
    );
  });

  it('nobody is awarded more than it offered, and a shortfall means that everything was taken', () => {
    fc.assert(
      fc.property(needs, offers, pricing, (need, all, by) => {
        const { stack, intervals } = clear(needing(...need), all, by);
        for (const block of stack) expect(block.acceptedWatt.every((watt) => watt <= block.watt)).toBe(true);
        intervals.forEach(({ shortfallWatt }, place) => {
          if (shortfallWatt > 0n) expect(stack.every((block) => block.acceptedWatt[place] === block.watt)).toBe(true);
        });
      }),
    );
  });

  it('no price is above the cap, and a uniform price is below no accepted offer', () => {
    fc.assert(
      fc.property(needs, offers, pricing, (need, all, by) => {
        const terms = needing(...need);
        const { awards, stack, priceMicroCnyPerKwh } = clear(terms, all, by);
        for (const award of awards) expect(award.priceMicroCnyPerKwh <= terms.priceCapMicroCnyPerKwh).toBe(true);
        const accepted = stack.filter((block) => block.acceptedWatt.some((watt) => watt > 0n));
        expect(accepted.every((block) => block.priceMicroCnyPerKwh <= priceMicroCnyPerKwh)).toBe(true);
      }),
    );
  });

  it('no refused block is cheaper than an accepted one', () => {
    fc.assert(
      fc.property(needs, offers, (need, all) => {
        const { stack } = clear(needing(...need), all, 'uniform');
        need.forEach((_, place) => {
          const firstCut = stack.findIndex((block) => (block.acceptedWatt[place] ?? 0n) < block.watt);
          const after = firstCut < 0 ? [] : stack.slice(firstCut + 1);
          expect(after.every((block) => block.acceptedWatt[place] === 0n)).toBe(true);
        });
      }),
    );
  });
});
