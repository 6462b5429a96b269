import type { LineAmounts } from './journal.js';
import type { LineOutcome } from './outputs.js';

/** The money of settled lines as integers, ready for differences and the journal. */
export function lineAmounts(lines: readonly LineOutcome[]): LineAmounts[] {
  return lines.map(({ line, aggregator, user, amountFen, aggregatorFen, userFen }) => ({
    line,
    aggregator,
    user,
    amountFen: BigInt(amountFen),
    aggregatorFen: BigInt(aggregatorFen),
    userFen: BigInt(userFen),
  }));
}

/**
 * What a later run adds to what was settled so far, by line: only differences, so that the sum of all runs is the
 * current amount, and a run over unchanged inputs adds nothing. A line in one of them only counts as zero in the other.
 * Throws when a line changes its parties: that is another line.
 */
export function resettlementDifferences(
  settled: readonly LineAmounts[],
  current: readonly LineAmounts[],
): LineAmounts[] {
  const before = new Map(settled.map((line) => [line.line, line]));
  const after = new Map(current.map((line) => [line.line, line]));
  const lines = [...new Set([...before.keys(), ...after.keys()])].sort();
  return lines.map((line) => difference(before.get(line), after.get(line))).filter(movesMoney);
}

function difference(before: LineAmounts | undefined, after: LineAmounts | undefined): LineAmounts {
  const parties = after ?? before;
  if (!parties) throw new Error('a line of neither run');
  if (before && (before.aggregator !== parties.aggregator || before.user !== parties.user)) {
    throw new RangeError(`line ${parties.line} changed its parties`);
  }
  return {
    line: parties.line,
    aggregator: parties.aggregator,
    user: parties.user,
    amountFen: (after?.amountFen ?? 0n) - (before?.amountFen ?? 0n),
    aggregatorFen: (after?.aggregatorFen ?? 0n) - (before?.aggregatorFen ?? 0n),
    userFen: (after?.userFen ?? 0n) - (before?.userFen ?? 0n),
  };
}

function movesMoney(line: LineAmounts): boolean {
  return line.amountFen !== 0n || line.aggregatorFen !== 0n || line.userFen !== 0n;
}
