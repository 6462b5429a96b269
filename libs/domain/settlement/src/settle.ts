import { type Result, decimal, ok, refuse } from '@gridpact/kernel';
import { accountOf } from './account.js';
import type { SettlementInputs } from './inputs.js';
import { lineFacts } from './line-facts.js';
import type { ContractRefusal, LineOutcome, LineTotals, SettledOutputs } from './outputs.js';
import { openRun } from './run.js';

/** Settles a whole event; refuses it whole when any line is faulty, so that nothing is half paid. */
export function settleEvent(inputs: SettlementInputs): Result<SettledOutputs, ContractRefusal> {
  const run = openRun(inputs);
  if (!run.ok) return run;
  const lines: LineOutcome[] = [];
  let before = '';
  for (const line of inputs.lines) {
    if (line.line <= before) return refuse('lines_not_sorted', `line ${line.line} repeats or is out of order`);
    const facts = lineFacts(run.value, line);
    if (!facts.ok) return facts;
    lines.push(accountOf(run.value, facts.value));
    before = line.line;
  }
  const totals = totalsOf(lines);
  return ok({ v: 1, outcome: 'settled', event: inputs.event.event, lines, aggregators: byAggregator(lines), totals });
}

/** Sums of lines. */
export function totalsOf(lines: readonly LineOutcome[]): LineTotals {
  const sum = (of: (line: LineOutcome) => string | null) =>
    decimal(lines.reduce((running, line) => running + BigInt(of(line) ?? '0'), 0n));
  return {
    lines: lines.length,
    committedMicroKwh: sum((line) => line.committedMicroKwh),
    curtailmentMicroKwh: sum((line) => line.curtailmentMicroKwh),
    paidMicroKwh: sum((line) => line.paidMicroKwh),
    amountFen: sum((line) => line.amountFen),
    aggregatorFen: sum((line) => line.aggregatorFen),
    userFen: sum((line) => line.userFen),
  };
}

function byAggregator(lines: readonly LineOutcome[]): SettledOutputs['aggregators'] {
  const groups = new Map<string, LineOutcome[]>();
  for (const line of lines) {
    const own = groups.get(line.aggregator);
    if (own) own.push(line);
    else groups.set(line.aggregator, [line]);
  }
  const sorted = [...groups].sort(([a], [b]) => (a < b ? -1 : 1));
  return sorted.map(([aggregator, own]) => ({ aggregator, totals: totalsOf(own) }));
}
