import { MS_PER_HOUR, type Interval } from './time.js';

/** Energy in 1e-6 kWh. */
export type MicroKwh = bigint;
/** Power in W. */
export type Watt = bigint;
/** Price in 1e-6 CNY per kWh. */
export type MicroCnyPerKwh = bigint;
/** Money in fen, 0.01 CNY. */
export type Fen = bigint;

/** 1e-6 kWh times 1e-6 CNY/kWh gives 1e-12 CNY; one fen is 1e-2 CNY, hence 1e10 of those products. */
export const PRODUCTS_PER_FEN = 10_000_000_000n;

/**
 * Energy of a constant power over a span, micro-kWh, exact only when the span is a whole number of 3.6 s
 * (1 W for 3.6 s is 1 micro-kWh); throws otherwise, since meters and programs use whole minutes.
 */
export function energyMicroKwh(watt: Watt, span: Interval): MicroKwh {
  const products = watt * BigInt(span.end - span.start);
  const perUnit = BigInt(MS_PER_HOUR) / 1000n;
  if (products % perUnit !== 0n) throw new RangeError('span is not a whole number of 3.6 s');
  return products / perUnit;
}

/** Mean power of an energy over a span, W, floored. */
export function meanWatt(energy: MicroKwh, span: Interval): Watt {
  return (energy * 3600n) / BigInt(span.end - span.start);
}

/** Decimal string of an integer: the JSON form of energy, power, prices and money. */
export function decimal(value: bigint): string {
  return value.toString(10);
}
