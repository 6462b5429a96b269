import type { Baseline } from '@gridpact/baseline';
import { type Interval, type MicroKwh, energyMicroKwh, overlaps, plusMs } from '@gridpact/kernel';
import { curtailmentMicroKwh } from './line.js';
import type { LineFacts } from './line-facts.js';
import type { LineInterval } from './outputs.js';
import type { Run } from './run.js';

/** One event interval of a line in numbers. */
export interface IntervalAccount extends Interval {
  readonly state: LineInterval['state'];
  readonly committedMicroKwh: MicroKwh;
  readonly baselineMicroKwh: MicroKwh | null;
  readonly meteredMicroKwh: MicroKwh | null;
  readonly curtailmentMicroKwh: MicroKwh | null;
  readonly estimated: boolean;
}

/**
 * Lays baseline and readings, both at the meter's own step, on the event's intervals: the published baseline of an
 * interval is the sum of the published (rounded) baselines of its steps, the metered energy the sum of its readings,
 * and either is null when a step is missing.
 */
export function intervalAccounts(run: Run, facts: LineFacts, baseline: Baseline): IntervalAccount[] {
  const readings = new Map(facts.series.readings);
  return run.intervals.map((interval) => {
    const steps = stepsOf(interval, facts.series.stepMs);
    const first = (interval.start - run.window.start) / facts.series.stepMs;
    const baselineMicroKwh = sum(steps.map((_, index) => baseline.microKwh?.[first + index]));
    const meteredMicroKwh = sum(steps.map((at) => readings.get(at)));
    return {
      start: interval.start,
      end: interval.end,
      state: stateOf(facts, interval),
      committedMicroKwh: energyMicroKwh(facts.wattAt.get(interval.start) ?? 0n, interval),
      baselineMicroKwh,
      meteredMicroKwh,
      curtailmentMicroKwh: curtailed(run, baselineMicroKwh, meteredMicroKwh),
      estimated: steps.some((at) => facts.estimated.has(at)),
    };
  });
}

/**
 * An interval counts when something was confirmed for it, it was over before the user withdrew, and no outage touched
 * it. A withdrawal so ends the commitment from the interval in which it takes effect; what was over before it stands.
 */
function stateOf(facts: LineFacts, interval: Interval): IntervalAccount['state'] {
  if ((facts.wattAt.get(interval.start) ?? 0n) === 0n) return 'uncommitted';
  if (facts.withdrawnAt !== null && interval.end > facts.withdrawnAt) return 'withdrawn';
  return facts.outages.some((outage) => overlaps(outage, interval)) ? 'outage' : 'counted';
}

function curtailed(run: Run, baseline: MicroKwh | null, metered: MicroKwh | null): MicroKwh | null {
  if (baseline === null || metered === null) return null;
  return curtailmentMicroKwh(run.rules.direction, baseline, metered);
}

function stepsOf(interval: Interval, stepMs: number): number[] {
  const count = (interval.end - interval.start) / stepMs;
  return Array.from({ length: count }, (_, index) => plusMs(interval.start, index * stepMs));
}

function sum(parts: readonly (MicroKwh | undefined)[]): MicroKwh | null {
  let total = 0n;
  for (const part of parts) {
    if (part === undefined) return null;
    total += part;
  }
  return total;
}
