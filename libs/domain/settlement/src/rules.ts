import { type Rational, type Result, compare, ok, rational, rationalOf, refuse } from '@gridpact/kernel';
import type { RulePack, Tier } from '@gridpact/program';

/** Why a rule pack cannot settle anything. */
export type RulePackRefusal =
  | 'tiers_not_from_zero'
  | 'tier_empty'
  | 'tier_hole'
  | 'tier_overlap'
  | 'tiers_not_open'
  | 'cap_below_one'
  | 'floor_above_cap'
  | 'dates_reversed';

/** One step of the payment ladder, `[from, to)` of the response ratio; `text` is the coefficient as the pack writes it. */
export interface TierRule {
  readonly from: Rational;
  readonly to: Rational | null;
  readonly coefficient: Rational;
  readonly text: string;
}

/** The part of a rule pack that turns curtailment into money, checked and in exact numbers. */
export interface SettlementRules {
  readonly direction: RulePack['direction'];
  readonly tiers: readonly TierRule[];
  readonly capRatio: Rational;
}

/**
 * Checks that the tiers cover every ratio from 0 upwards once, that a full response is never capped, and that prices and
 * dates are in order. A pack refused here must not be published.
 */
export function settlementRules(pack: RulePack): Result<SettlementRules, RulePackRefusal> {
  const tiers = pack.tiers.map(tierRule);
  const fault = ladderFault(tiers) ?? boundsFault(pack);
  if (fault) return fault;
  return ok({ direction: pack.direction, tiers, capRatio: rationalOf(pack.capRatio) });
}

/** The tier of a response ratio; null below zero, where there was no response. */
export function tierOf(rules: SettlementRules, ratio: Rational): TierRule | null {
  const inside = (tier: TierRule) => compare(tier.from, ratio) <= 0 && (!tier.to || compare(ratio, tier.to) < 0);
  return rules.tiers.find(inside) ?? null;
}

function tierRule(tier: Tier): TierRule {
  return {
    from: rationalOf(tier.from),
    to: tier.to === null ? null : rationalOf(tier.to),
    coefficient: rationalOf(tier.coefficient),
    text: tier.coefficient,
  };
}

function ladderFault(tiers: readonly TierRule[]) {
  const [first, last] = [tiers[0], tiers.at(-1)];
  if (!first || first.from.n !== 0n) return refuse('tiers_not_from_zero', 'the first tier must start at ratio 0');
  if (last?.to) return refuse('tiers_not_open', 'the last tier must have no upper end');
  for (const [index, tier] of tiers.entries()) {
    const fault = tierFault(tier, tiers[index + 1], index + 1);
    if (fault) return fault;
  }
  return null;
}

function tierFault(tier: TierRule, next: TierRule | undefined, position: number) {
  if (tier.to && compare(tier.from, tier.to) >= 0) return refuse('tier_empty', `tier ${position} holds no ratio`);
  if (!next) return null;
  const step = tier.to ? compare(tier.to, next.from) : 1;
  if (step < 0) return refuse('tier_hole', `no tier covers the ratios between tiers ${position} and ${position + 1}`);
  return step > 0 ? refuse('tier_overlap', `tiers ${position} and ${position + 1} overlap`) : null;
}

function boundsFault(pack: RulePack) {
  if (compare(rationalOf(pack.capRatio), rational(1n)) < 0) {
    return refuse('cap_below_one', 'capRatio must be at least 1, or a full response would be cut');
  }
  if (BigInt(pack.priceFloorMicroCnyPerKwh) > BigInt(pack.priceCapMicroCnyPerKwh)) {
    return refuse('floor_above_cap', 'the price floor lies above the price cap');
  }
  const reversed = pack.effectiveTo !== null && pack.effectiveTo < pack.effectiveFrom;
  return reversed ? refuse('dates_reversed', 'effectiveTo lies before effectiveFrom') : null;
}
