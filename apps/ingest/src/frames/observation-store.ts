import { type Instant, formatInstant, localDay, localDateOf } from '@gridpact/kernel';
import { rows, type Transaction } from '@gridpact/platform/postgres';
import type { Observation } from '@gridpact/telemetry';

/** Writers of observations share this lock, the sealer takes it alone: nothing slips in between reading and sealing. */
const SEAL_LOCK = 7_405;

/** A frame or a reading that counted for nothing. */
export interface RefusedRow {
  readonly gateway: string;
  readonly seq: number;
  readonly meter: string;
  readonly start: string;
  readonly code: string;
  readonly detail: string;
}

/** Lets writers in together and the sealer alone, until the transaction ends. */
export async function shareSeries(tx: Transaction): Promise<void> {
  await rows(tx, 'SELECT pg_advisory_xact_lock_shared($1, hashtext(current_schema()))', [SEAL_LOCK]);
}

/** Keeps writers out until the transaction ends. */
export async function holdSeries(tx: Transaction): Promise<void> {
  await rows(tx, 'SELECT pg_advisory_xact_lock($1, hashtext(current_schema()))', [SEAL_LOCK]);
}

/** Adds observations; what is known already (same frame, same interval) stays as it is. Gives those that are new. */
export async function addObservations(
  tx: Transaction,
  heard: readonly Observation[],
  receivedAt: Instant,
): Promise<SeriesPlace[]> {
  if (heard.length === 0) return [];
  const inserted = await rows<{ meter: string; start_at: Date; step_ms: number }>(
    tx,
    `INSERT INTO observation (meter, start_at, gateway, seq, step_ms, energy_micro_kwh, quality, sent_at, received_at)
     SELECT *, $9::timestamptz FROM unnest($1::text[], $2::timestamptz[], $3::text[], $4::bigint[], $5::int[],
       $6::numeric[], $7::text[], $8::timestamptz[])
     ON CONFLICT DO NOTHING RETURNING meter, start_at, step_ms`,
    [
      heard.map(({ meter }) => meter),
      heard.map(({ start }) => formatInstant(start)),
      heard.map(({ frame }) => frame?.gateway ?? ''),
      heard.map(({ frame }) => frame?.seq ?? 0),
      heard.map(({ stepMs }) => stepMs),
      heard.map(({ energyMicroKwh }) => energyMicroKwh.toString()),
      heard.map(({ quality }) => quality),
      heard.map(({ sentAt }) => formatInstant(sentAt)),
      formatInstant(receivedAt),
    ],
  );
  return inserted.map(({ meter, start_at }) => ({ meter, start: start_at.getTime() as Instant }));
}

/** A place in a series. */
export interface SeriesPlace {
  readonly meter: string;
  readonly start: Instant;
}

/**
 * Notes what must be sealed, or sealed anew: the local day of each new observation, and each sealed event window that it
 * falls into.
 */
export async function noteUnsealed(
  tx: Transaction,
  added: readonly SeriesPlace[],
  zone: string,
  receivedAt: Instant,
): Promise<void> {
  const days = new Map(
    added.map(({ meter, start }) => {
      const day = localDay(zone, localDateOf(zone, start));
      return [`${meter} ${day.date}`, { meter, start, day }];
    }),
  );
  const noted = [...days.values()];
  if (noted.length === 0) return;
  const newest = formatInstant(receivedAt);
  await rows(
    tx,
    `INSERT INTO unsealed (meter, kind, from_at, to_at, newest_at)
     SELECT m, 'meter-days', f, t, $4::timestamptz FROM unnest($1::text[], $2::timestamptz[], $3::timestamptz[]) AS u (m, f, t)
     ON CONFLICT (meter, kind, from_at, to_at) DO UPDATE SET newest_at = greatest(unsealed.newest_at, excluded.newest_at)`,
    [
      noted.map(({ meter }) => meter),
      noted.map(({ day }) => formatInstant(day.start)),
      noted.map(({ day }) => formatInstant(day.end)),
      newest,
    ],
  );
  await rows(
    tx,
    `INSERT INTO unsealed (meter, kind, from_at, to_at, newest_at)
     SELECT DISTINCT p.meter, p.kind, p.from_at, p.to_at, $3::timestamptz
     FROM unnest($1::text[], $2::timestamptz[]) AS u (m, s)
     JOIN sealed_part p ON p.meter = u.m AND p.kind = 'event-window' AND p.from_at <= u.s AND u.s < p.to_at
     ON CONFLICT (meter, kind, from_at, to_at) DO UPDATE SET newest_at = greatest(unsealed.newest_at, excluded.newest_at)`,
    [added.map(({ meter }) => meter), added.map(({ start }) => formatInstant(start)), newest],
  );
}

/** Keeps what was refused, with its reason; the same refusal again is not a second one. */
export async function keepRefused(tx: Transaction, refused: readonly RefusedRow[], receivedAt: Instant): Promise<void> {
  if (refused.length === 0) return;
  await rows(
    tx,
    `INSERT INTO refused (gateway, seq, meter, start_at, code, detail, received_at)
     SELECT *, $7::timestamptz FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[])
     ON CONFLICT DO NOTHING`,
    [
      refused.map(({ gateway }) => gateway),
      refused.map(({ seq }) => seq),
      refused.map(({ meter }) => meter),
      refused.map(({ start }) => start),
      refused.map(({ code }) => code),
      refused.map(({ detail }) => detail.slice(0, 500)),
      formatInstant(receivedAt),
    ],
  );
}
