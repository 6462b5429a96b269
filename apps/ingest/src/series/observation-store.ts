import { type Instant, formatInstant, instant } from '@gridpact/kernel';
import { rows, type Transaction } from '@gridpact/platform/postgres';
import type { Observation, ReadingQuality } from '@gridpact/telemetry';

/** Where the series are read from: a transaction, or the pool when nothing hangs on it. */
export type Source = Parameters<typeof rows>[0];

/** Writers of observations share this lock, the sealer takes it alone: nothing slips in between reading and sealing. */
const SEAL_LOCK = 7_405;

/** An observation with the business time at which its frame arrived. */
export interface Heard {
  readonly observation: Observation;
  readonly receivedAt: Instant;
}

/** A place in a series at which something new arrived. */
export interface NewPlace {
  readonly meter: string;
  readonly start: Instant;
  readonly receivedAt: Instant;
}

/** Lets writers in together and the sealer alone, until the transaction ends. */
export async function shareSeries(tx: Transaction): Promise<void> {
  await rows(tx, 'SELECT pg_advisory_xact_lock_shared($1, hashtext(current_schema()))', [SEAL_LOCK]);
}

/** Keeps writers out until the transaction ends. */
export async function holdSeries(tx: Transaction): Promise<void> {
  await rows(tx, 'SELECT pg_advisory_xact_lock($1, hashtext(current_schema()))', [SEAL_LOCK]);
}

/** Adds observations; one that is known already, to the last value, stays as it is. Gives the places of those new. */
export async function addObservations(tx: Transaction, heard: readonly Heard[]): Promise<NewPlace[]> {
  if (heard.length === 0) return [];
  const observed = heard.map(({ observation }) => observation);
  const inserted = await rows<{ meter: string; start_at: Date; received_at: Date }>(
    tx,
    `INSERT INTO observation (meter, start_at, gateway, seq, step_ms, energy_micro_kwh, quality, sent_at, received_at)
     SELECT * FROM unnest($1::text[], $2::timestamptz[], $3::text[], $4::bigint[], $5::int[], $6::numeric[], $7::text[],
       $8::timestamptz[], $9::timestamptz[])
     ON CONFLICT DO NOTHING RETURNING meter, start_at, received_at`,
    [
      observed.map(({ meter }) => meter),
      observed.map(({ start }) => formatInstant(start)),
      observed.map(({ frame }) => frame?.gateway ?? ''),
      observed.map(({ frame }) => frame?.seq ?? 0),
      observed.map(({ stepMs }) => stepMs),
      observed.map(({ energyMicroKwh }) => energyMicroKwh.toString()),
      observed.map(({ quality }) => quality),
      observed.map(({ sentAt }) => formatInstant(sentAt)),
      heard.map(({ receivedAt }) => formatInstant(receivedAt)),
    ],
  );
  return inserted.map(({ meter, start_at, received_at }) => {
    return { meter, start: instant(start_at.getTime()), receivedAt: instant(received_at.getTime()) };
  });
}

/** Everything that is known about the intervals of some observations. */
export async function observationsAt(tx: Transaction, places: readonly Observation[]): Promise<Observation[]> {
  const found = await rows<ObservationRow>(
    tx,
    `SELECT ${COLUMNS} FROM observation
     WHERE (meter, start_at) IN (SELECT * FROM unnest($1::text[], $2::timestamptz[]))`,
    [places.map(({ meter }) => meter), places.map(({ start }) => formatInstant(start))],
  );
  return found.map(observationOf);
}

/** Everything that was observed of some meters in a span. */
export async function observationsIn(
  source: Source,
  meters: readonly string[],
  span: { readonly start: Instant; readonly end: Instant },
): Promise<Observation[]> {
  const found = await rows<ObservationRow>(
    source,
    `SELECT ${COLUMNS} FROM observation WHERE meter = ANY($1) AND start_at >= $2 AND start_at < $3`,
    [meters, formatInstant(span.start), formatInstant(span.end)],
  );
  return found.map(observationOf);
}

const COLUMNS = 'meter, start_at, gateway, seq, step_ms, energy_micro_kwh, quality, sent_at';

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

function observationOf(row: ObservationRow): Observation {
  return {
    meter: row.meter,
    start: instant(row.start_at.getTime()),
    stepMs: row.step_ms,
    energyMicroKwh: BigInt(row.energy_micro_kwh),
    quality: row.quality,
    frame: { gateway: row.gateway, seq: Number(row.seq) },
    sentAt: instant(row.sent_at.getTime()),
  };
}
