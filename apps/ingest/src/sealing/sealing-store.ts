import { type Instant, type Interval, formatInstant, instant } from '@gridpact/kernel';
import { rows, type Transaction } from '@gridpact/platform/postgres';
import type { BatchOpening } from '@gridpact/statement';
import type { IntervalRecord, MeterSeriesItem, Observation, ReadingQuality } from '@gridpact/telemetry';

export type SealKind = 'meter-days' | 'event-window';

/** A span of one meter that waits to be sealed, or to be sealed anew. */
export interface Unsealed {
  readonly meter: string;
  readonly kind: SealKind;
  readonly span: Interval;
  readonly newestAt: Instant;
  /** The part that is sealed already, newest version; null before the first. */
  readonly sealed: SealedRef | null;
}

/** The newest sealed version of a part. */
export interface SealedRef {
  readonly statement: string;
  readonly version: number;
  readonly root: string;
  readonly event: string | null;
}

/** A part as it is sealed now. */
export interface NewPart {
  readonly meter: string;
  readonly event: string | null;
  readonly item: MeterSeriesItem;
  readonly records: readonly IntervalRecord[];
}

/** A commitment as it is stored beside its parts. */
export interface NewCommitment {
  readonly statement: string;
  readonly commitment: string;
  readonly kind: SealKind;
  readonly event: string | null;
  readonly span: Interval;
  readonly corrects: string | null;
  readonly sealedAt: Instant;
}

/** What waits to be sealed, of enrolled meters, with what is sealed of it already. */
export async function findUnsealed(tx: Transaction): Promise<Unsealed[]> {
  const found = await rows<UnsealedRow>(
    tx,
    `SELECT u.meter, u.kind, u.from_at, u.to_at, u.newest_at, p.statement, p.version, p.root, p.event
     FROM unsealed u JOIN enrolled_meter USING (meter)
     LEFT JOIN LATERAL (SELECT statement, version, root, event FROM sealed_part s
       WHERE s.meter = u.meter AND s.kind = u.kind AND s.from_at = u.from_at AND s.to_at = u.to_at
       ORDER BY version DESC LIMIT 1) p ON true
     ORDER BY u.from_at, u.meter`,
  );
  return found.map((row) => ({
    meter: row.meter,
    kind: row.kind,
    span: { start: instant(row.from_at.getTime()), end: instant(row.to_at.getTime()) },
    newestAt: instant(row.newest_at.getTime()),
    sealed:
      row.statement === null
        ? null
        : { statement: row.statement, version: row.version, root: row.root, event: row.event },
  }));
}

interface UnsealedRow {
  meter: string;
  kind: SealKind;
  from_at: Date;
  to_at: Date;
  newest_at: Date;
  statement: string | null;
  version: number;
  root: string;
  event: string | null;
}

/** Everything that was observed of some meters in a span. */
export async function observationsIn(
  tx: Transaction,
  meters: readonly string[],
  span: Interval,
): Promise<Observation[]> {
  const found = await rows<ObservationRow>(
    tx,
    `SELECT meter, start_at, gateway, seq, step_ms, energy_micro_kwh, quality, sent_at FROM observation
     WHERE meter = ANY($1) AND start_at >= $2 AND start_at < $3`,
    [meters, formatInstant(span.start), formatInstant(span.end)],
  );
  return found.map((row) => ({
    meter: row.meter,
    start: instant(row.start_at.getTime()),
    stepMs: row.step_ms,
    energyMicroKwh: BigInt(row.energy_micro_kwh),
    quality: row.quality,
    frame: { gateway: row.gateway, seq: Number(row.seq) },
    sentAt: instant(row.sent_at.getTime()),
  }));
}

interface ObservationRow {
  meter: string;
  start_at: Date;
  gateway: string;
  seq: string;
  step_ms: number;
  energy_micro_kwh: string;
  quality: ReadingQuality;
  sent_at: Date;
}

/** Stores a commitment with its parts, their openings and the exact records, and strikes them off the list of work. */
export async function saveCommitment(
  tx: Transaction,
  made: NewCommitment,
  parts: readonly NewPart[],
  openings: readonly BatchOpening[],
): Promise<void> {
  const [from, to] = [formatInstant(made.span.start), formatInstant(made.span.end)];
  await rows(
    tx,
    `INSERT INTO commitment (statement, commitment, kind, event, from_at, to_at, corrects, meters, sealed_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [
      made.statement,
      made.commitment,
      made.kind,
      made.event,
      from,
      to,
      made.corrects,
      parts.length,
      formatInstant(made.sealedAt),
    ],
  );
  await rows(
    tx,
    `INSERT INTO sealed_part (statement, kind, event, from_at, to_at, meter, version, root, opening, records)
     SELECT $1, $2, $3, $4::timestamptz, $5::timestamptz, u.* FROM unnest($6::text[], $7::int[], $8::text[], $9::jsonb[], $10::jsonb[]) u`,
    [
      made.statement,
      made.kind,
      made.event,
      from,
      to,
      parts.map(({ meter }) => meter),
      parts.map(({ item }) => item.version),
      parts.map(({ item }) => item.root),
      openings.map((opening) => JSON.stringify(opening)),
      parts.map(({ records }) => JSON.stringify(records.map(recordJson))),
    ],
  );
  await settleUnsealed(
    tx,
    made.kind,
    made.span,
    parts.map(({ meter }) => meter),
  );
}

/** Strikes spans off the list of work. */
export async function settleUnsealed(
  tx: Transaction,
  kind: SealKind,
  span: Interval,
  meters: readonly string[],
): Promise<void> {
  const sql = 'DELETE FROM unsealed WHERE kind = $1 AND from_at = $2 AND to_at = $3 AND meter = ANY($4)';
  await rows(tx, sql, [kind, formatInstant(span.start), formatInstant(span.end), meters]);
}

/** Events that are over and whose window is not sealed yet. */
export async function findOpenWindows(
  tx: Transaction,
): Promise<{ event: string; statement: string; startsAt: Instant; endsAt: Instant }[]> {
  const found = await rows<{ event: string; statement: string; starts_at: Date; ends_at: Date }>(
    tx,
    `SELECT event, statement, starts_at, ends_at FROM dr_event e WHERE state IN ('ended', 'measured', 'settled')
     AND NOT EXISTS (SELECT 1 FROM commitment c WHERE c.kind = 'event-window' AND c.event = e.event)`,
  );
  return found.map(({ event, statement, starts_at, ends_at }) => ({
    event,
    statement,
    startsAt: instant(starts_at.getTime()),
    endsAt: instant(ends_at.getTime()),
  }));
}

/** Enrolled meters with an observation in a span, and when the newest of those arrived. */
export async function metersIn(
  tx: Transaction,
  span: Interval,
): Promise<{ meters: string[]; newestAt: Instant | null }> {
  const found = await rows<{ meter: string; newest: Date }>(
    tx,
    `SELECT meter, max(received_at) AS newest FROM observation JOIN enrolled_meter USING (meter)
     WHERE start_at >= $1 AND start_at < $2 GROUP BY meter ORDER BY meter`,
    [formatInstant(span.start), formatInstant(span.end)],
  );
  const newest = Math.max(...found.map((row) => row.newest.getTime()));
  return { meters: found.map(({ meter }) => meter), newestAt: found.length === 0 ? null : instant(newest) };
}

/** How many commitments bear a name already, so that the next one gets a number of its own. */
export async function countNamed(tx: Transaction, prefix: string): Promise<number> {
  const found = await rows<{ n: number }>(
    tx,
    'SELECT count(*)::int AS n FROM commitment WHERE starts_with(commitment, $1)',
    [prefix],
  );
  return found[0]?.n ?? 0;
}

function recordJson(record: IntervalRecord): Record<string, unknown> {
  const { meter, start, stepMs, energyMicroKwh, quality, version, frame } = record;
  return {
    meter,
    start: formatInstant(start),
    stepMs,
    energyMicroKwh: energyMicroKwh.toString(),
    quality,
    version,
    frame,
  };
}
