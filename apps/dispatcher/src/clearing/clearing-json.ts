import type { Clearing, Exclusion } from '@gridpact/dispatch';
import { decimal, formatInstant } from '@gridpact/kernel';

/** A clearing in JSON: its totals, the stack in merit order, and what was left out. Powers in W, prices in 1e-6 CNY/kWh. */
export interface ClearingJson {
  readonly pricing: Clearing['pricing'];
  readonly priceMicroCnyPerKwh: string;
  readonly intervals: readonly {
    readonly start: string;
    readonly end: string;
    readonly needWatt: string;
    readonly awardedWatt: string;
    readonly shortfallWatt: string;
  }[];
  readonly stack: readonly {
    readonly nomination: string;
    readonly aggregator: string;
    readonly watt: string;
    readonly priceMicroCnyPerKwh: string;
    readonly acceptedWatt: readonly string[];
  }[];
  readonly excluded: readonly Exclusion[];
}

/** Writes a clearing. */
export function clearingJson(clearing: Clearing, excluded: readonly Exclusion[]): ClearingJson {
  return {
    pricing: clearing.pricing,
    priceMicroCnyPerKwh: decimal(clearing.priceMicroCnyPerKwh),
    intervals: clearing.intervals.map((interval) => ({
      start: formatInstant(interval.start),
      end: formatInstant(interval.end),
      needWatt: decimal(interval.needWatt),
      awardedWatt: decimal(interval.awardedWatt),
      shortfallWatt: decimal(interval.shortfallWatt),
    })),
    stack: clearing.stack.map(({ nomination, aggregator, watt, priceMicroCnyPerKwh, acceptedWatt }) => ({
      nomination,
      aggregator,
      watt: decimal(watt),
      priceMicroCnyPerKwh: decimal(priceMicroCnyPerKwh),
      acceptedWatt: acceptedWatt.map(decimal),
    })),
    excluded,
  };
}
