import { type MeterSeries, slotOf } from '@gridpact/baseline';
import { type Instant, type Interval, type Result, type Watt, instantOf, ok, refuse } from '@gridpact/kernel';
import type { SealedSeries, SettlementLine } from './inputs.js';
import type { ContractRefusal } from './outputs.js';
import { type Run, spanOf } from './run.js';

/** One line's inputs, checked and in numbers. */
export interface LineFacts {
  readonly line: SettlementLine;
  readonly series: MeterSeries;
  /** Starts (UTC ms) of readings that were filled in. */
  readonly estimated: ReadonlySet<number>;
  readonly outages: readonly Interval[];
  /** Confirmed watts by interval start. */
  readonly wattAt: ReadonlyMap<Instant, Watt>;
  readonly withdrawnAt: Instant | null;
}

/** Checks one line against the run: parties, method, price, commitments, spans, and that its meter's step fits. */
export function lineFacts(run: Run, line: SettlementLine): Result<LineFacts, ContractRefusal> {
  const fault = termsFault(run, line) ?? commitmentFault(run, line) ?? seriesFault(run, line);
  if (fault) return fault;
  const outages = line.outages.map(spanOf);
  if (outages.some((outage) => outage.start >= outage.end)) {
    return refuse('span_reversed', `an outage of line ${line.line} does not end after its start`);
  }
  const withdrawnAt = line.withdrawnAt === null ? null : instantOf(line.withdrawnAt);
  const wattAt = new Map(line.commitments.map((part) => [instantOf(part.start), BigInt(part.watt)]));
  const estimated = new Set(line.series.estimated.map(instantOf));
  return ok({ line, series: meterSeries(line.series), estimated, outages, wattAt, withdrawnAt });
}

function termsFault(run: Run, line: SettlementLine) {
  if (line.aggregator === line.user) return refuse('same_party', `line ${line.line} has one party on both sides`);
  if (!run.pack.baselineMethods.includes(line.baselineMethod)) {
    return refuse('method_not_in_pack', `${run.pack.name} does not allow ${line.baselineMethod} (line ${line.line})`);
  }
  const price = BigInt(line.priceMicroCnyPerKwh);
  if (price < BigInt(run.pack.priceFloorMicroCnyPerKwh) || price > BigInt(run.pack.priceCapMicroCnyPerKwh)) {
    return refuse('price_out_of_bounds', `the price of line ${line.line} lies outside the pack's floor and cap`);
  }
  const uniform = run.pack.pricing === 'uniform';
  if (!uniform || price === run.clearingPriceMicroCnyPerKwh) return null;
  return refuse('price_mismatch', `line ${line.line} does not carry the uniform clearing price`);
}

/** Commitments name event intervals, each at most once, in order. */
function commitmentFault(run: Run, line: SettlementLine) {
  let next = 0;
  for (const part of line.commitments) {
    const { start, end } = spanOf(part);
    while (next < run.intervals.length && run.intervals[next]?.start !== start) next += 1;
    if (run.intervals[next]?.end !== end) {
      return refuse('commitment_mismatch', `a commitment of line ${line.line} is no event interval, or out of order`);
    }
    next += 1;
  }
  return null;
}

/** The meter's step divides the day and every event interval, and readings start on multiples of it. */
function seriesFault(run: Run, line: SettlementLine) {
  const { stepMs } = line.series;
  const start = instantOf(line.series.start);
  const onStep = (at: number) => slotOf(run.eventDay, stepMs, at) !== null;
  const fits = run.intervals.every((span) => onStep(span.start) && (span.end - span.start) % stepMs === 0);
  const aligned = 86_400_000 % stepMs === 0 && (run.window.start - start) % stepMs === 0;
  if (stepMs % 60_000 !== 0 || !fits || !aligned) {
    return refuse('step_mismatch', `the event's intervals are no whole steps of the meter of line ${line.line}`);
  }
  const known = (at: number) => typeof line.series.energyMicroKwh[(at - start) / stepMs] === 'string';
  if (line.series.estimated.map(instantOf).every(known)) return null;
  return refuse('estimate_mismatch', `line ${line.line} marks a reading as estimated that it does not have`);
}

function meterSeries(series: SealedSeries): MeterSeries {
  const start = instantOf(series.start);
  const readings: [number, bigint][] = [];
  for (const [index, energy] of series.energyMicroKwh.entries()) {
    if (energy !== null) readings.push([start + index * series.stepMs, BigInt(energy)]);
  }
  return { stepMs: series.stepMs, readings };
}
