import { expect, it, describe } from 'vitest';
import { examplePack } from './packs/example-invited.js';
import { rulePack, type RulePack } from './rule-pack.js';
import { validateRulePack } from './validate.js';

const calendar = { name: 'Zhejiang 2026', holidays: ['2026-10-01'], workdays: ['2026-10-10'] };

const codeOf = (change: Partial<RulePack>): string => {
  const outcome = validateRulePack({ ...examplePack(calendar), ...change });
  return outcome.ok ? 'valid' : outcome.refusal.code;
};

const tiers = (...steps: [string, string | null][]): Partial<RulePack> => ({
  tiers: steps.map(([from, to]) => ({ from, to, coefficient: '1' })),
});

describe('the example pack', () => {
  it('has the shape of a rule pack and breaks no rule', () => {
    const pack = examplePack(calendar);
    expect(rulePack.parse(pack)).toEqual(pack);
    expect(validateRulePack(pack)).toEqual({ ok: true, value: pack });
  });

  it('says that it is an example', () => {
    expect(examplePack(calendar).status).toBe('example');
  });
});

describe('a rule pack is refused', () => {
  it.each<[string, Partial<RulePack>, string]>([
    ['whose tiers start above zero', tiers(['0.1', null]), 'tiers_not_from_zero'],
    ['with a hole between tiers', tiers(['0', '0.5'], ['0.6', null]), 'tier_gap'],
    ['with overlapping tiers', tiers(['0', '0.5'], ['0.4', null]), 'tier_overlap'],
    ['whose last tier is closed', tiers(['0', '0.5'], ['0.5', '1.2']), 'last_tier_closed'],
    ['with a tier after the open one', tiers(['0', null], ['0.5', null]), 'tier_after_open_end'],
    ['with a tier that holds no ratio', tiers(['0', '0'], ['0', null]), 'tier_empty'],
    ['with a floor above its cap', { priceFloorMicroCnyPerKwh: '4000001' }, 'floor_above_cap'],
    ['that pays less than was committed', { capRatio: '0.99' }, 'cap_ratio_below_one'],
    ['whose zone is an offset', { zone: '+08:00' }, 'bad_zone'],
    ['whose zone is a city alone', { zone: 'shanghai' }, 'bad_zone'],
    ['that lists a method twice', { baselineMethods: ['CN_TYP5', 'CN_TYP5'] }, 'baseline_method_repeats'],
    ['that starts on 30 February', { effectiveFrom: '2026-02-30' }, 'bad_date'],
    ['that ends before it starts', { effectiveTo: '1999-12-31' }, 'effective_dates_reversed'],
    [
      'whose calendar has a holiday that is worked',
      { calendar: { name: 'x', holidays: ['2026-10-01'], workdays: ['2026-10-01'] } },
      'calendar_contradiction',
    ],
  ])('%s', (_, change, code) => {
    expect(codeOf(change)).toBe(code);
  });
});

describe('a rule pack is accepted', () => {
  it('when equal bounds are written differently', () => {
    expect(codeOf(tiers(['0.0', '0.50'], ['0.5', null]))).toBe('valid');
  });

  it('when floor equals cap and the cap ratio is exactly one', () => {
    expect(codeOf({ priceFloorMicroCnyPerKwh: '4000000', capRatio: '1.0' })).toBe('valid');
  });

  it('in every zone form of the tz database that programs use', () => {
    for (const zone of ['UTC', 'Asia/Shanghai', 'Europe/London', 'America/Argentina/Buenos_Aires', 'Etc/GMT-8']) {
      expect(codeOf({ zone })).toBe('valid');
    }
  });
});
