import { type ResolvedDay, resolveDays } from '@gridpact/baseline';
import { type Instant, type Interval, formatInstant, instantOf, localDateOf, required } from '@gridpact/kernel';
import { type SettlementInputs, type SettlementLine, sealedDays } from '@gridpact/settlement';
import type { BodyOf } from '@gridpact/statement';
import type { EventFacts, SiteFacts } from './facts.js';

/** One reading as it was sealed. */
export interface SealedReading {
  readonly start: string;
  readonly energyMicroKwh: string;
  readonly quality: string;
}

/** One sealed part of a meter's series: which commitment it stands under, at which place of the log, and its readings. */
export interface SeriesPart {
  readonly meter: string;
  readonly stepMs: number;
  /** Hex root over the part's interval records. */
  readonly root: string;
  /** Log index of the commitment or correction that sealed it; where parts overlap, the later one counts. */
  readonly index: number;
  readonly readings: readonly SealedReading[];
}

/**
 * The inputs of a settlement run, assembled from sealed facts and series parts alone: service and verifier call this
 * same function, and equal facts give equal bytes. Sites without an instruction have no line.
 */
export function settlementInputsOf(facts: EventFacts, parts: readonly SeriesPart[]): SettlementInputs {
  const { rulePack } = facts.program;
  const first = required(facts.event.intervals[0], 'first interval of the event');
  const days = resolveDays(rulePack.zone, rulePack.calendar, localDateOf(rulePack.zone, instantOf(first.start)));
  const eventDays = eventDaysOf(facts, rulePack.zone);
  const byMeter = Map.groupBy(parts, ({ meter }) => meter);
  return {
    v: 1,
    event: {
      event: facts.event.event,
      program: facts.event.program,
      intervals: facts.event.intervals.map(({ start, end }) => ({ start, end })),
      clearingPriceMicroCnyPerKwh: facts.clearing.clearingPriceMicroCnyPerKwh,
    },
    rulePack,
    days: sealedDays(days),
    lines: facts.sites.map((site) => lineOf(site, eventDays, byMeter.get(site.contract.meter) ?? [], days)),
  };
}

function lineOf(
  site: SiteFacts,
  eventDays: string[],
  parts: readonly SeriesPart[],
  days: readonly ResolvedDay[],
): SettlementLine {
  const { contract } = site;
  return {
    line: site.site,
    site: site.site,
    enrolment: contract.enrolment,
    aggregator: contract.aggregator,
    user: contract.user,
    meter: contract.meter,
    baselineMethod: contract.baselineMethod,
    split: contract.split,
    priceMicroCnyPerKwh: site.instruction.priceMicroCnyPerKwh,
    commitments: site.commitments.map(({ start, end, watt }) => ({ start, end, watt })),
    withdrawnAt: site.withdrawnAt,
    outages: site.outages.map(spanText),
    eventDays,
    series: seriesOf(parts, days),
  };
}

/** Joins a meter's parts into one series over the days of the run; later parts of the log override earlier ones. */
function seriesOf(parts: readonly SeriesPart[], days: readonly ResolvedDay[]): SettlementLine['series'] {
  const ordered = [...parts].sort((a, b) => a.index - b.index || (a.root < b.root ? -1 : 1));
  const readings = new Map(
    ordered.flatMap((part) => part.readings.map((reading) => [instantOf(reading.start), reading])),
  );
  const [from, to] = [days[0]?.start ?? 0, days.at(-1)?.end ?? 0];
  const starts = [...readings.keys()].filter((start) => start >= from && start < to).sort((a, b) => a - b);
  const stepMs = ordered[0]?.stepMs ?? 3_600_000;
  const start = starts[0] ?? (from as Instant);
  const count = starts.length === 0 ? 0 : ((starts.at(-1) ?? start) - start) / stepMs + 1;
  return {
    start: formatInstant(start),
    stepMs,
    energyMicroKwh: Array.from(
      { length: count },
      (_, at) => readings.get((start + at * stepMs) as Instant)?.energyMicroKwh ?? null,
    ),
    estimated: starts.filter((at) => readings.get(at)?.quality === 'estimated').map(formatInstant),
    roots: [...new Set(ordered.map(({ root }) => root))].sort(),
  };
}

function eventDaysOf(facts: EventFacts, zone: string): string[] {
  const events: readonly BodyOf<'event.announced'>[] = [facts.event, ...facts.otherEvents];
  const dates = events.flatMap(({ intervals }) => intervals.map(({ start }) => localDateOf(zone, instantOf(start))));
  return [...new Set(dates)].sort();
}

function spanText({ start, end }: Interval): { start: string; end: string } {
  return { start: formatInstant(start), end: formatInstant(end) };
}
