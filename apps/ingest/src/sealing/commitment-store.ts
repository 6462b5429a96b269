import { type Instant, type Interval, formatInstant, instant } from '@gridpact/kernel';
import { rows, type Transaction } from '@gridpact/platform/postgres';
import type { BatchOpening } from '@gridpact/statement';
import type { IntervalRecord } from '@gridpact/telemetry';
import type { Source } from '../series/observation-store.js';
import type { SealJob } from './seal-job.js';
import type { NewPart } from './seal-statement.js';

/** A commitment as it is stored beside its parts. */
export interface NewCommitment {
  readonly statement: string;
  readonly commitment: string;
  readonly job: SealJob;
  readonly sealedAt: Instant;
}

/** An event that is over and has no sealed window. */
export interface EndedEvent {
  readonly event: { readonly id: string; readonly statement: string };
  readonly startsAt: Instant;
  readonly endsAt: Instant;
}

/** Stores a commitment with its parts, their openings and the exact records whose root each has. */
export async function saveCommitment(
  tx: Transaction,
  { statement, commitment, job, sealedAt }: NewCommitment,
  parts: readonly NewPart[],
  openings: readonly BatchOpening[],
): Promise<void> {
  const span = [job.kind, job.event?.id ?? null, formatInstant(job.span.start), formatInstant(job.span.end)];
  await rows(
    tx,
    `INSERT INTO commitment (statement, kind, event, from_at, to_at, commitment, corrects, meters, sealed_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [statement, ...span, commitment, job.corrects, parts.length, formatInstant(sealedAt)],
  );
  await rows(
    tx,
    `INSERT INTO sealed_part (statement, kind, event, from_at, to_at, meter, version, root, opening, records)
     SELECT $1, $2, $3, $4::timestamptz, $5::timestamptz, u.*
     FROM unnest($6::text[], $7::int[], $8::text[], $9::jsonb[], $10::jsonb[]) AS u`,
    [
      statement,
      ...span,
      parts.map(({ item }) => item.meter),
      parts.map(({ item }) => item.version),
      parts.map(({ item }) => item.root),
      openings.map((opening) => JSON.stringify(opening)),
      parts.map(({ records }) => JSON.stringify(records.map(recordJson))),
    ],
  );
}

/** Events that are over and whose window is not sealed yet. */
export async function findEndedEvents(source: Source): Promise<EndedEvent[]> {
  const found = await rows<{ event: string; statement: string; starts_at: Date; ends_at: Date }>(
    source,
    `SELECT event, statement, starts_at, ends_at FROM dr_event e WHERE state IN ('ended', 'measured', 'settled')
     AND NOT EXISTS (SELECT 1 FROM commitment c WHERE c.kind = 'event-window' AND c.event = e.event)
     ORDER BY ends_at, event`,
  );
  return found.map(({ event, statement, starts_at, ends_at }) => ({
    event: { id: event, statement },
    startsAt: instant(starts_at.getTime()),
    endsAt: instant(ends_at.getTime()),
  }));
}

/** Enrolled meters with an observation in a span, and when the newest of those arrived. */
export async function metersIn(
  source: Source,
  span: Interval,
): Promise<{ meters: string[]; newestAt: Instant | null }> {
  const found = await rows<{ meter: string; newest: Date }>(
    source,
    `SELECT meter, max(received_at) AS newest FROM observation JOIN enrolled_meter USING (meter)
     WHERE start_at >= $1 AND start_at < $2 GROUP BY meter ORDER BY meter`,
    [formatInstant(span.start), formatInstant(span.end)],
  );
  const newest = Math.max(...found.map((row) => row.newest.getTime()));
  return { meters: found.map(({ meter }) => meter), newestAt: found.length === 0 ? null : instant(newest) };
}

/** How many commitments bear a name already, so that the next one gets a number of its own. */
export async function countNamed(tx: Transaction, prefix: string): Promise<number> {
  const sql = 'SELECT count(*)::int AS named FROM commitment WHERE starts_with(commitment, $1)';
  const [found] = await rows<{ named: number }>(tx, sql, [prefix]);
  return found?.named ?? 0;
}

function recordJson(record: IntervalRecord): Record<string, unknown> {
  const { meter, start, stepMs, energyMicroKwh, quality, version, frame } = record;
  const energy = energyMicroKwh.toString();
  return { meter, start: formatInstant(start), stepMs, energyMicroKwh: energy, quality, version, frame };
}
