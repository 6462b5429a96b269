import { rational, roundHalfEven, type MicroCnyPerKwh, type Watt } from '@gridpact/kernel';
import type { RulePack } from '@gridpact/program';
import type { EventTerms } from './event.js';
import type { Offer } from './nominations.js';
import { leastWatt, type NeedInterval, type PriceBlock, type WattInterval } from './quantities.js';

/** How awards are paid, as the rule pack names it. */
export type Pricing = RulePack['pricing'];

/** One block in merit order, and how much of it each interval of the event took. */
export interface StackedBlock extends PriceBlock {
  readonly nomination: string;
  readonly aggregator: string;
  /** Accepted power per interval, in the order of the event's intervals; W. */
  readonly acceptedWatt: readonly Watt[];
}

/** One interval's outcome; `shortfallWatt` is the need that no offer covered. */
export interface ClearedInterval extends NeedInterval {
  readonly awardedWatt: Watt;
  readonly shortfallWatt: Watt;
}

/** What one aggregator won. */
export interface Award {
  readonly nomination: string;
  readonly aggregator: string;
  readonly priceMicroCnyPerKwh: MicroCnyPerKwh;
  readonly intervals: readonly WattInterval[];
}

/** Outcome of clearing: what a loser needs to recompute it. */
export interface Clearing {
  readonly pricing: Pricing;
  /** Price of the dearest accepted block of any interval (the cap under fixed pricing); zero when nothing was offered. */
  readonly priceMicroCnyPerKwh: MicroCnyPerKwh;
  readonly intervals: readonly ClearedInterval[];
  /** By log index of the nomination; who won nothing has none. */
  readonly awards: readonly Award[];
  readonly stack: readonly StackedBlock[];
}

/**
 * Clears an event in merit order. Blocks stand in every interval and are divisible, so the marginal one may be taken in
 * part. Order: price, then log index of the commitment, then the block's place in its nomination. One price holds for
 * the whole event: uniform pays everyone the dearest accepted block of any interval; pay-as-bid pays each aggregator the
 * power-weighted mean of its own accepted blocks, rounded half-even to 1e-6 CNY/kWh; fixed pays the announced cap.
 * The result does not depend on the order of `offers`.
 */
export function clear(terms: EventTerms, offers: readonly Offer[], pricing: Pricing): Clearing {
  const stack = meritOrder(offers).map((ranked) => ({ ...ranked, acceptedWatt: [] as Watt[] }));
  const intervals = terms.intervals.map((need) => fillInterval(need, stack));
  const priceMicroCnyPerKwh = clearingPrice(terms, stack, pricing);
  return {
    pricing,
    priceMicroCnyPerKwh,
    intervals,
    awards: awardsOf(terms, offers, stack, pricing, priceMicroCnyPerKwh),
    stack,
  };
}

function meritOrder(offers: readonly Offer[]): Omit<StackedBlock, 'acceptedWatt'>[] {
  const ranked = offers.flatMap(({ nomination, aggregator, index, blocks }) => {
    return blocks.map((block, place) => ({ block: { nomination, aggregator, ...block }, index, place }));
  });
  ranked.sort((a, b) => {
    const price = a.block.priceMicroCnyPerKwh - b.block.priceMicroCnyPerKwh;
    return price < 0n ? -1 : price > 0n ? 1 : a.index - b.index || a.place - b.place;
  });
  return ranked.map(({ block }) => block);
}

function fillInterval(need: NeedInterval, stack: readonly { watt: Watt; acceptedWatt: Watt[] }[]): ClearedInterval {
  let missing = need.needWatt;
  for (const block of stack) {
    const accepted = leastWatt(block.watt, missing);
    block.acceptedWatt.push(accepted);
    missing -= accepted;
  }
  const { start, end, needWatt } = need;
  return { start, end, needWatt, awardedWatt: needWatt - missing, shortfallWatt: missing };
}

function clearingPrice(terms: EventTerms, stack: readonly StackedBlock[], pricing: Pricing): MicroCnyPerKwh {
  const accepted = stack.filter((block) => block.acceptedWatt.some((watt) => watt > 0n));
  if (accepted.length === 0) return 0n;
  return pricing === 'fixed' ? terms.priceCapMicroCnyPerKwh : (accepted.at(-1)?.priceMicroCnyPerKwh ?? 0n);
}

function awardsOf(
  terms: EventTerms,
  offers: readonly Offer[],
  stack: readonly StackedBlock[],
  pricing: Pricing,
  price: MicroCnyPerKwh,
): Award[] {
  const inLogOrder = [...offers].sort((a, b) => a.index - b.index);
  return inLogOrder.flatMap(({ nomination, aggregator }) => {
    const own = stack.filter((block) => block.nomination === nomination);
    const intervals = terms.intervals.map(({ start, end }, at) => ({ start, end, watt: acceptedAt(own, at) }));
    if (intervals.every(({ watt }) => watt === 0n)) return [];
    const priceMicroCnyPerKwh = pricing === 'pay-as-bid' ? meanPrice(own) : price;
    return [{ nomination, aggregator, priceMicroCnyPerKwh, intervals }];
  });
}

function acceptedAt(blocks: readonly StackedBlock[], interval: number): Watt {
  return blocks.reduce((sum, block) => sum + (block.acceptedWatt[interval] ?? 0n), 0n);
}

/** Intervals of one event are equally long, so power weighs like energy. */
function meanPrice(blocks: readonly StackedBlock[]): MicroCnyPerKwh {
  let watt = 0n;
  let product = 0n;
  for (const block of blocks) {
    const accepted = block.acceptedWatt.reduce((sum, part) => sum + part, 0n);
    watt += accepted;
    product += accepted * block.priceMicroCnyPerKwh;
  }
  return roundHalfEven(rational(product, watt));
}
