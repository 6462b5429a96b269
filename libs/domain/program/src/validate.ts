import { compare, ok, rationalOf, refuse, type Refusal, type Result } from '@gridpact/kernel';
import type { RulePack, Tier } from './rule-pack.js';

/** Why a rule pack that has the right shape cannot be followed. */
export type RulePackRefusalCode =
  | 'tiers_not_from_zero'
  | 'tier_empty'
  | 'tier_gap'
  | 'tier_overlap'
  | 'tier_after_open_end'
  | 'last_tier_closed'
  | 'floor_above_cap'
  | 'cap_ratio_below_one'
  | 'bad_zone'
  | 'baseline_method_repeats'
  | 'bad_date'
  | 'effective_dates_reversed'
  | 'calendar_contradiction';

/** IANA zone name (theory file of the tz database): `UTC`, or area and location such as `Asia/Shanghai`. */
const IANA_ZONE = /^(UTC|[A-Z][A-Za-z]+(\/[A-Z][A-Za-z0-9_+-]*){1,2})$/;

type Rule = (pack: RulePack) => Refusal<RulePackRefusalCode> | null;

const RULES: readonly Rule[] = [
  tiersCoverEveryRatio,
  pricesAreOrdered,
  capPaysWhatWasCommitted,
  zoneIsNamed,
  methodsDiffer,
  datesExist,
  datesAreOrdered,
  calendarIsUnambiguous,
];

/**
 * Checks what the schema cannot: that every response ratio from 0 upwards falls in exactly one tier, that prices,
 * dates and calendar do not contradict each other, and that the zone is written as an IANA name (whether this machine
 * knows it is for whoever converts with it). Refuses with the first rule that is broken, in a fixed order.
 */
export function validateRulePack(pack: RulePack): Result<RulePack, RulePackRefusalCode> {
  for (const rule of RULES) {
    const refusal = rule(pack);
    if (refusal) return { ok: false, refusal };
  }
  return ok(pack);
}

function refusal(code: RulePackRefusalCode, detail: string): Refusal<RulePackRefusalCode> {
  return refuse(code, detail).refusal;
}

function tiersCoverEveryRatio({ tiers }: RulePack): Refusal<RulePackRefusalCode> | null {
  const first = tiers[0];
  if (!first || rationalOf(first.from).n !== 0n) return refusal('tiers_not_from_zero', 'the first tier starts at 0');
  for (const [at, tier] of tiers.entries()) {
    const broken = brokenTier(tier, tiers[at + 1]);
    if (broken) return broken;
  }
  return null;
}

function brokenTier(tier: Tier, next: Tier | undefined): Refusal<RulePackRefusalCode> | null {
  if (tier.to === null) {
    return next ? refusal('tier_after_open_end', `the tier from ${tier.from} is open, yet another follows it`) : null;
  }
  if (compare(rationalOf(tier.from), rationalOf(tier.to)) >= 0) {
    return refusal('tier_empty', `the tier from ${tier.from} ends at ${tier.to}`);
  }
  if (!next) return refusal('last_tier_closed', `ratios from ${tier.to} upwards fall in no tier`);
  return brokenJoin(tier.to, next.from);
}

function brokenJoin(to: string, from: string): Refusal<RulePackRefusalCode> | null {
  const order = compare(rationalOf(to), rationalOf(from));
  if (order < 0) return refusal('tier_gap', `ratios from ${to} to ${from} fall in no tier`);
  if (order > 0) return refusal('tier_overlap', `ratios from ${from} to ${to} fall in two tiers`);
  return null;
}

function pricesAreOrdered(pack: RulePack): Refusal<RulePackRefusalCode> | null {
  if (BigInt(pack.priceFloorMicroCnyPerKwh) <= BigInt(pack.priceCapMicroCnyPerKwh)) return null;
  return refusal('floor_above_cap', `floor ${pack.priceFloorMicroCnyPerKwh} is above ${pack.priceCapMicroCnyPerKwh}`);
}

function capPaysWhatWasCommitted(pack: RulePack): Refusal<RulePackRefusalCode> | null {
  if (compare(rationalOf(pack.capRatio), rationalOf('1')) >= 0) return null;
  return refusal('cap_ratio_below_one', `a cap of ${pack.capRatio} would not pay all that was committed`);
}

function zoneIsNamed(pack: RulePack): Refusal<RulePackRefusalCode> | null {
  if (IANA_ZONE.test(pack.zone)) return null;
  return refusal('bad_zone', `"${pack.zone}" is not an IANA zone such as Asia/Shanghai`);
}

function methodsDiffer({ baselineMethods }: RulePack): Refusal<RulePackRefusalCode> | null {
  if (new Set(baselineMethods).size === baselineMethods.length) return null;
  return refusal('baseline_method_repeats', `a method is listed twice: ${baselineMethods.join(', ')}`);
}

function datesExist(pack: RulePack): Refusal<RulePackRefusalCode> | null {
  const { holidays, workdays } = pack.calendar;
  const dates = [pack.effectiveFrom, ...(pack.effectiveTo ? [pack.effectiveTo] : []), ...holidays, ...workdays];
  const missing = dates.find((date) => !dateExists(date));
  return missing ? refusal('bad_date', `${missing} is not a day of the calendar`) : null;
}

function datesAreOrdered(pack: RulePack): Refusal<RulePackRefusalCode> | null {
  if (pack.effectiveTo === null || pack.effectiveFrom <= pack.effectiveTo) return null;
  return refusal('effective_dates_reversed', `effective from ${pack.effectiveFrom} until ${pack.effectiveTo}`);
}

function calendarIsUnambiguous({ calendar }: RulePack): Refusal<RulePackRefusalCode> | null {
  const worked = new Set(calendar.workdays);
  const both = calendar.holidays.find((date) => worked.has(date));
  return both ? refusal('calendar_contradiction', `${both} is both a holiday and a make-up workday`) : null;
}

function dateExists(date: string): boolean {
  const ms = Date.parse(`${date}T00:00:00Z`);
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(date);
}
