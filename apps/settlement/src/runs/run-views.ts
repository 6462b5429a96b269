import { decimal, formatInstant, instant } from '@gridpact/kernel';
import { type LineOutcome, totalsOf } from '@gridpact/settlement';
import type { RunRow, RunTotals, StoredLine } from './run-store.js';

/** A run as it is shown. */
export interface RunView {
  readonly run: number;
  readonly kind: string;
  readonly cause: string;
  readonly statement: string;
  readonly sealed: boolean;
  readonly at: string;
  readonly totals: RunTotals;
}

/** A run with its sealed totals. */
export function runView({ run, kind, cause, statement, sealed, at, totals }: RunRow): RunView {
  return { run, kind, cause, statement, sealed, at: formatInstant(instant(at.getTime())), totals };
}

/** Runs as one aggregator sees them: sums and differences of its own lines alone. */
export function ownRunViews(runs: readonly RunRow[], own: readonly StoredLine[]): RunView[] {
  let before = 0n;
  return runs.map((run) => {
    const lines = own.filter((line) => line.run === run.run).map(({ opening }) => opening.item);
    const totals = totalsOf(lines);
    const differenceFen = BigInt(totals.amountFen) - before;
    before = BigInt(totals.amountFen);
    return runView({ ...run, totals: { ...totals, differenceFen: decimal(differenceFen) } });
  });
}

/** A line as it is shown: the account itself, and the batch opening that proves it. */
export function lineView({ run, opening }: StoredLine): LineOutcome & { run: number; proof: object } {
  const { item, ...proof } = opening;
  return { ...item, run, proof };
}
