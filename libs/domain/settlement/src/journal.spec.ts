import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { balancesOf, journalOf, type LineAmounts } from './journal.js';
import { resettlementDifferences } from './resettlement.js';

const amounts = (line: string, aggregatorFen: bigint, userFen: bigint): LineAmounts => ({
  line,
  aggregator: 'aggregator-1',
  user: `user-of-${line}`,
  amountFen: aggregatorFen + userFen,
  aggregatorFen,
  userFen,
});
const FEN = fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n });
const RUN = fc.uniqueArray(
  fc.tuple(fc.constantFrom('a', 'b', 'c', 'd', 'e'), FEN, FEN).map((parts) => amounts(...parts)),
  { selector: (line) => line.line },
);
const sum = (values: Iterable<bigint>) => [...values].reduce((a, b) => a + b, 0n);
const net = (lines: LineAmounts[]) => new Map([...balancesOf(journalOf(lines))].filter(([, fen]) => fen !== 0n));

describe('journal', () => {
  it('lets the budget bear what aggregator and user receive', () => {
    expect(balancesOf(journalOf([amounts('site-1', 240n, 960n)]))).toEqual(
      new Map([
        ['budget', -1200n],
        ['power-company', 0n],
        ['aggregator:aggregator-1', 240n],
        ['user:user-of-site-1', 960n],
      ]),
    );
  });

  it('writes positive amounts only, turned round for a negative difference, none for zero', () => {
    expect(journalOf([amounts('x', -1n, -2n)]).map((entry) => [entry.debit, entry.credit, entry.amountFen])).toEqual([
      ['power-company', 'budget', 3n],
      ['aggregator:aggregator-1', 'power-company', 3n],
      ['user:user-of-x', 'aggregator:aggregator-1', 2n],
    ]);
    expect(journalOf([amounts('x', 0n, 0n)])).toEqual([]);
  });

  it('always balances', () => {
    fc.assert(
      fc.property(RUN, (lines) => {
        const entries = journalOf(lines);
        expect(sum(balancesOf(entries).values())).toBe(0n);
        expect(entries.every((entry) => entry.amountFen > 0n && entry.debit !== entry.credit)).toBe(true);
      }),
    );
  });
});

describe('resettlement', () => {
  it('of unchanged inputs pays nothing', () => {
    fc.assert(fc.property(RUN, (lines) => resettlementDifferences(lines, lines).length === 0));
  });

  it('adds only differences: the sum of runs is the current amount, on every account', () => {
    fc.assert(
      fc.property(RUN, RUN, (first, second) => {
        const runs = [...first, ...resettlementDifferences(first, second)];
        expect(net(runs)).toEqual(net(second));
      }),
    );
  });

  it('takes back what a line no longer earns', () => {
    expect(resettlementDifferences([amounts('x', 1n, 2n)], [])).toEqual([amounts('x', -1n, -2n)]);
  });

  it('refuses a line that changed its parties', () => {
    const moved = { ...amounts('x', 1n, 2n), user: 'someone-else' };
    expect(() => resettlementDifferences([amounts('x', 1n, 2n)], [moved])).toThrow('parties');
  });
});
