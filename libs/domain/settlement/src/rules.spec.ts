import { rationalOf } from '@gridpact/kernel';
import type { RulePack } from '@gridpact/program';
import { describe, expect, it } from 'vitest';
import { PACK } from './inputs.fixture.js';
import { settlementRules, tierOf } from './rules.js';

const tier = (from: string, to: string | null, coefficient = '1') => ({ from, to, coefficient });
const codeOf = (changes: Partial<RulePack>) => {
  const checked = settlementRules({ ...PACK, ...changes });
  return checked.ok ? null : checked.refusal.code;
};

describe('a rule pack', () => {
  it('is accepted when its tiers cover every ratio once', () => expect(codeOf({})).toBeNull());

  it.each([
    ['a hole between tiers', { tiers: [tier('0', '0.5'), tier('0.6', null)] }, 'tier_hole'],
    ['tiers that overlap', { tiers: [tier('0', '0.5'), tier('0.4', null)] }, 'tier_overlap'],
    ['an open tier before the last', { tiers: [tier('0', null), tier('0.5', null)] }, 'tier_overlap'],
    ['a tier that holds no ratio', { tiers: [tier('0', '0'), tier('0', null)] }, 'tier_empty'],
    ['a ladder that starts above zero', { tiers: [tier('0.1', null)] }, 'tiers_not_from_zero'],
    ['a ladder that ends', { tiers: [tier('0', '1')] }, 'tiers_not_open'],
    ['a cap below a full response', { capRatio: '0.99' }, 'cap_below_one'],
    ['a floor above the cap', { priceFloorMicroCnyPerKwh: '4000001' }, 'floor_above_cap'],
    ['dates in reverse', { effectiveTo: '2025-12-31' }, 'dates_reversed'],
  ])('is refused with %s', (_, changes, code) => expect(codeOf(changes)).toBe(code));

  it('takes a ratio on an edge into the tier that starts there', () => {
    const rules = settlementRules(PACK);
    if (!rules.ok) throw new Error(rules.refusal.detail);
    const coefficientAt = (ratio: string) => tierOf(rules.value, rationalOf(ratio))?.text;
    expect(['0.499999999', '0.5', '0.799999999', '0.8', '9'].map(coefficientAt)).toEqual(['0', '0.6', '0.6', '1', '1']);
    expect(coefficientAt('-0.1')).toBeUndefined();
  });
});
