import {
  type Claim,
  type Fen,
  type MicroCnyPerKwh,
  type MicroKwh,
  PRODUCTS_PER_FEN,
  type Rational,
  allotLargestRemainder,
  max,
  min,
  multiply,
  rational,
  rationalOf,
  reduce,
  roundHalfEven,
} from '@gridpact/kernel';
import { type SettlementRules, tierOf } from './rules.js';

/** What one line earns by: totals over the counted intervals, the price, and how the money is divided. */
export interface LineMeasure {
  /** Signed; clamped here, once, and nowhere before. */
  readonly curtailmentMicroKwh: MicroKwh;
  readonly committedMicroKwh: MicroKwh;
  readonly priceMicroCnyPerKwh: MicroCnyPerKwh;
  readonly split: readonly Claim[];
}

/** The money of one line and each number on the way to it. */
export interface LineMoney {
  /** Curtailment over commitment in lowest terms; null when nothing was committed. */
  readonly ratio: Rational | null;
  readonly coefficient: Rational;
  /** The coefficient as the rule pack writes it. */
  readonly coefficientText: string;
  /** Energy that is paid for: at least 0, at most the cap times the commitment; exact. */
  readonly paidMicroKwh: Rational;
  readonly amountFen: Fen;
  /** Whole fen per claim of the split; sums to `amountFen`. */
  readonly splitFen: ReadonlyMap<string, Fen>;
}

const NOTHING = rational(0n);

/**
 * Settles one line: ratio, tier, paid energy `max(0, min(curtailment, cap * commitment))`, amount = paid * coefficient *
 * price rounded once half-even to a fen, split by largest remainder.
 */
export function settleLine(rules: SettlementRules, line: LineMeasure): LineMoney {
  const ratio = line.committedMicroKwh > 0n ? rational(line.curtailmentMicroKwh, line.committedMicroKwh) : null;
  const tier = ratio && tierOf(rules, ratio);
  const cap = multiply(rules.capRatio, rational(line.committedMicroKwh));
  const paid = max(NOTHING, min(rational(line.curtailmentMicroKwh), cap));
  const coefficient = tier?.coefficient ?? NOTHING;
  const amountFen = amountOf(multiply(paid, coefficient), line.priceMicroCnyPerKwh);
  return {
    ratio: ratio && reduce(ratio),
    coefficient: reduce(coefficient),
    coefficientText: tier?.text ?? '0',
    paidMicroKwh: reduce(paid),
    amountFen,
    splitFen: allotLargestRemainder(amountFen, line.split),
  };
}

/** The two claims of a contract that gives the aggregator a percentage (at most two decimals) and the user the rest. */
export function shareClaims(aggregator: string, user: string, aggregatorPercent: string): Claim[] {
  const hundredths = rationalOf(aggregatorPercent);
  const weight = (hundredths.n * 100n) / hundredths.d;
  return [
    { id: aggregator, weight },
    { id: user, weight: 10_000n - weight },
  ];
}

/** Signed use not made (peak cut) or made on top (valley fill) in one interval; negative when the site did the opposite. */
export function curtailmentMicroKwh(
  direction: SettlementRules['direction'],
  baseline: MicroKwh,
  metered: MicroKwh,
): MicroKwh {
  return direction === 'peak-cut' ? baseline - metered : metered - baseline;
}

/** The one rounding of a line: energy times price to whole fen, half-even. */
function amountOf(energyMicroKwh: Rational, priceMicroCnyPerKwh: MicroCnyPerKwh): Fen {
  return roundHalfEven(multiply(energyMicroKwh, rational(priceMicroCnyPerKwh, PRODUCTS_PER_FEN)));
}
