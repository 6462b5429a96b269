import { readFileSync } from 'node:fs';
import { type Rational, compare, rational } from '@gridpact/kernel';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PACK } from './inputs.fixture.js';
import { curtailmentMicroKwh, settleLine, shareClaims } from './line.js';
import { type SettlementRules, settlementRules } from './rules.js';

interface Case {
  readonly id: string;
  readonly stepMin: number;
  readonly base: number[];
  readonly actual: number[];
  readonly committedW: number;
  readonly priceMicroCnyPerKWh: number;
  readonly splitPercent: Record<string, number>;
  readonly expect: Record<string, unknown>;
}
interface Vectors {
  readonly rule: { tiers: { ratioFrom: string; ratioTo: string | null; coef: string }[]; capRatio: string };
  readonly cases: Case[];
}

const FILE = new URL('../../../../test/data/settlement-vectors.json', import.meta.url);
const { rule, cases } = JSON.parse(readFileSync(FILE, 'utf8')) as Vectors;
const tiers = rule.tiers.map(({ ratioFrom, ratioTo, coef }) => ({ from: ratioFrom, to: ratioTo, coefficient: coef }));
const rules = rulesOf({ ...PACK, tiers, capRatio: rule.capRatio });

function rulesOf(pack: typeof PACK): SettlementRules {
  const checked = settlementRules(pack);
  if (!checked.ok) throw new Error(checked.refusal.detail);
  return checked.value;
}

describe('a settled line', () => {
  it('is one of all ninety known answers', () => expect(cases).toHaveLength(90));

  it.each(cases.map((one) => [one.id, one] as const))('agrees with the known answer %s', (_, one) => {
    const reduction = one.base.reduce((sum, base, at) => sum + curtailmentOf(base, one.actual[at] ?? 0), 0n);
    const committed = (BigInt(one.committedW) * 1000n * BigInt(one.stepMin * one.base.length)) / 60n;
    const money = settleLine(rules, {
      curtailmentMicroKwh: reduction,
      committedMicroKwh: committed,
      priceMicroCnyPerKwh: BigInt(one.priceMicroCnyPerKWh),
      split: Object.entries(one.splitPercent).map(([id, percent]) => ({ id, weight: BigInt(percent) })),
    });
    expect({
      reductionMicroKWh: Number(reduction),
      committedMicroKWh: `${committed}/1`,
      ratio: money.ratio && text(money.ratio),
      coef: text(money.coefficient),
      paidMicroKWh: text(money.paidMicroKwh),
      amountFen: Number(money.amountFen),
      splitFen: Object.fromEntries([...money.splitFen].map(([id, fen]) => [id, Number(fen)])),
    }).toEqual(one.expect);
  });

  it('has no ratio and earns nothing without a commitment', () => {
    const money = settleLine(rules, { ...measure(5n), committedMicroKwh: 0n });
    expect(money).toMatchObject({ ratio: null, amountFen: 0n, paidMicroKwh: { n: 0n, d: 1n } });
  });

  it('never pays less for more curtailment, never more than the cap, and never loses a fen in the split', () => {
    const energy = fc.bigInt({ min: -(10n ** 9n), max: 10n ** 10n });
    const price = fc.bigInt({ min: 0n, max: 4_000_000n });
    fc.assert(
      fc.property(energy, fc.bigInt({ min: 0n, max: 10n ** 9n }), price, (curtailment, more, priceMicroCnyPerKwh) => {
        const money = settleLine(rules, { ...measure(curtailment), priceMicroCnyPerKwh });
        const better = settleLine(rules, { ...measure(curtailment + more), priceMicroCnyPerKwh });
        expect(better.amountFen >= money.amountFen).toBe(true);
        expect(compare(money.paidMicroKwh, rational(1_200_000_000n))).toBeLessThanOrEqual(0);
        expect([...money.splitFen.values()].reduce((a, b) => a + b, 0n)).toBe(money.amountFen);
      }),
    );
  });

  it('counts use on top as curtailment in a valley fill', () => {
    expect(curtailmentMicroKwh('peak-cut', 10n, 7n)).toBe(3n);
    expect(curtailmentMicroKwh('valley-fill', 10n, 7n)).toBe(-3n);
  });

  it('is split by a percentage with two decimals, exactly', () => {
    expect(shareClaims('a', 'u', '33.33')).toEqual([
      { id: 'a', weight: 3333n },
      { id: 'u', weight: 6667n },
    ]);
    expect(shareClaims('a', 'u', '100')).toEqual([
      { id: 'a', weight: 10_000n },
      { id: 'u', weight: 0n },
    ]);
  });
});

const text = (value: Rational) => `${value.n}/${value.d}`;
const curtailmentOf = (base: number, actual: number) => curtailmentMicroKwh('peak-cut', BigInt(base), BigInt(actual));

function measure(curtailmentMicroKwh: bigint) {
  const split = shareClaims('aggregator-1', 'user-1', '33.3');
  return { curtailmentMicroKwh, committedMicroKwh: 10n ** 9n, priceMicroCnyPerKwh: 1_000_000n, split };
}
