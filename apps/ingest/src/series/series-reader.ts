import { type Instant, type Interval, instant, instantOf } from '@gridpact/kernel';
import { rows } from '@gridpact/platform/postgres';
import { intervalRecords } from '@gridpact/telemetry';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { observationsIn } from './observation-store.js';

/** Whose meters somebody may see: all, or those of an aggregator's or a user's enrolments. */
export interface Sight {
  readonly all: boolean;
  readonly aggregator: string | null;
  readonly user: string | null;
}

/** Commitments of one answer. */
const MAX_COMMITMENTS = 1_000;

/** One commitment, as the list shows it. */
export interface CommitmentView {
  readonly statement: string;
  readonly commitment: string;
  readonly kind: string;
  readonly event: string | null;
  readonly from: Date;
  readonly to: Date;
  readonly corrects: string | null;
  readonly meters: number;
}

/** Energy metered so far in one interval of an event, per aggregator. */
export interface LiveInterval {
  readonly start: string;
  readonly end: string;
  readonly aggregators: readonly {
    readonly aggregator: string;
    readonly meters: number;
    readonly meteredMicroKwh: string;
  }[];
}

/** Reads series as they were sealed, and as they stand in a running event. */
@Injectable()
export class SeriesReader {
  constructor(private readonly dataSource: DataSource) {}

  /** Lines of JSON, one for each sealed part that overlaps the span; by meter, then in the order of sealing. */
  async *parts(meters: readonly string[], span: { from: string; to: string }, sight: Sight): AsyncGenerator<string> {
    for (const meter of new Set(meters)) {
      const lines = await rows<{ line: string }>(
        this.dataSource,
        `SELECT json_build_object('statement', p.statement, 'kind', p.kind, 'event', p.event, 'corrects', c.corrects,
           'opening', p.opening, 'records', p.records)::text AS line
         FROM sealed_part p JOIN commitment c USING (statement) JOIN enrolled_meter m ON m.meter = p.meter
         WHERE p.meter = $1 AND p.from_at < $3 AND p.to_at > $2
           AND ($4 OR m.aggregator = $5 OR m.user_party = $6)
         ORDER BY c.sealed_at, p.version, p.from_at, p.statement`,
        [meter, span.from, span.to, sight.all, sight.aggregator, sight.user],
      );
      for (const { line } of lines) yield `${line}\n`;
    }
  }

  /** Commitments that overlap a span, oldest first, at most 1,000. */
  commitments(event: string | null, from: string | null, to: string | null): Promise<CommitmentView[]> {
    return rows(
      this.dataSource,
      `SELECT statement, commitment, kind, event, from_at AS "from", to_at AS "to", corrects, meters FROM commitment
       WHERE ($1::text IS NULL OR event = $1) AND ($2::timestamptz IS NULL OR to_at > $2)
         AND ($3::timestamptz IS NULL OR from_at < $3)
       ORDER BY sealed_at, statement LIMIT $4`,
      [event, from, to, MAX_COMMITMENTS],
    );
  }

  /** What an event's meters show so far; null for an event that is not known. */
  async live(event: string, sight: Sight): Promise<LiveInterval[] | null> {
    const [found] = await rows<{ intervals: { start: string; end: string }[]; starts_at: Date; ends_at: Date }>(
      this.dataSource,
      'SELECT intervals, starts_at, ends_at FROM dr_event WHERE event = $1',
      [event],
    );
    if (!found) return null;
    const span = { start: instant(found.starts_at.getTime()), end: instant(found.ends_at.getTime()) };
    const metered = await this.metered(span, sight);
    return found.intervals.map(({ start, end }) => {
      return { start, end, aggregators: totalsIn(metered, instantOf(start), instantOf(end)) };
    });
  }

  private async metered(span: Interval, sight: Sight): Promise<Metered[]> {
    const owners = await rows<{ meter: string; aggregator: string }>(
      this.dataSource,
      'SELECT meter, aggregator FROM enrolled_meter WHERE $1 OR aggregator = $2 OR user_party = $3',
      [sight.all, sight.aggregator, sight.user],
    );
    const ownerOf = new Map(owners.map(({ meter, aggregator }) => [meter, aggregator]));
    const records = intervalRecords(await observationsIn(this.dataSource, [...ownerOf.keys()], span));
    return records.map(({ meter, start, energyMicroKwh }) => {
      return { meter, start, energyMicroKwh, aggregator: ownerOf.get(meter) ?? '' };
    });
  }
}

interface Metered {
  readonly meter: string;
  readonly aggregator: string;
  readonly start: Instant;
  readonly energyMicroKwh: bigint;
}

/** A reading counts in the interval that holds its start. */
function totalsIn(metered: readonly Metered[], start: Instant, end: Instant): LiveInterval['aggregators'] {
  const within = metered.filter((reading) => start <= reading.start && reading.start < end);
  const byAggregator = [...Map.groupBy(within, ({ aggregator }) => aggregator)].sort(([a], [b]) => (a < b ? -1 : 1));
  return byAggregator.map(([aggregator, readings]) => ({
    aggregator,
    meters: new Set(readings.map(({ meter }) => meter)).size,
    meteredMicroKwh: readings.reduce((sum, { energyMicroKwh }) => sum + energyMicroKwh, 0n).toString(),
  }));
}
