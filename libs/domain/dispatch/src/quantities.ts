import type { Interval, MicroCnyPerKwh, Watt } from '@gridpact/kernel';

/** Constant power over one interval of an event, W. */
export interface WattInterval extends Interval {
  readonly watt: Watt;
}

/** What the power company needs in one interval of an event, W. */
export interface NeedInterval extends Interval {
  readonly needWatt: Watt;
}

/** Part of a nomination: so much power at no less than this price, in every interval of the event. */
export interface PriceBlock {
  readonly watt: Watt;
  readonly priceMicroCnyPerKwh: MicroCnyPerKwh;
}

/** Sum of powers, W. */
export function totalWatt(parts: readonly { readonly watt: Watt }[]): Watt {
  return parts.reduce((sum, part) => sum + part.watt, 0n);
}

/** The smaller of two powers. */
export function leastWatt(a: Watt, b: Watt): Watt {
  return a < b ? a : b;
}
