import { type Instant, type Interval, formatInstant, instant, localDayOf } from '@gridpact/kernel';
import { rows, type Transaction } from '@gridpact/platform/postgres';
import type { NewPlace, Source } from './observation-store.js';

/** Kinds of commitments. */
export type SealKind = 'meter-days' | 'event-window';

/** A span of one meter that waits to be sealed, or to be sealed anew. */
export interface Unsealed {
  readonly meter: string;
  readonly kind: SealKind;
  readonly span: Interval;
  /** The event of a window, with the leaf hash of its announcement. */
  readonly event: { readonly id: string; readonly statement: string } | null;
  /** When the newest of its readings arrived. */
  readonly newestAt: Instant;
  /** The part that is sealed already, newest version; null before the first. */
  readonly sealed: { readonly statement: string; readonly version: number; readonly root: string } | null;
}

/** Notes what must be sealed, or sealed anew: local days with new observations, and the sealed windows that they fall into. */
export async function noteUnsealed(tx: Transaction, added: readonly NewPlace[], zone: string): Promise<void> {
  if (added.length === 0) return;
  await noteDays(tx, added, zone);
  await rows(
    tx,
    `INSERT INTO unsealed (meter, kind, event, from_at, to_at, newest_at)
     SELECT u.meter, 'event-window', c.event, c.from_at, c.to_at, max(u.received_at)
     FROM unnest($1::text[], $2::timestamptz[], $3::timestamptz[]) AS u (meter, start_at, received_at)
     JOIN (SELECT DISTINCT event, from_at, to_at FROM commitment WHERE kind = 'event-window') c
       ON c.from_at <= u.start_at AND u.start_at < c.to_at
     GROUP BY u.meter, c.event, c.from_at, c.to_at ${MERGED}`,
    [
      added.map(({ meter }) => meter),
      added.map(({ start }) => formatInstant(start)),
      added.map(({ receivedAt }) => formatInstant(receivedAt)),
    ],
  );
}

const MERGED = `ON CONFLICT (meter, kind, event, from_at, to_at)
  DO UPDATE SET newest_at = greatest(unsealed.newest_at, excluded.newest_at)`;

async function noteDays(tx: Transaction, added: readonly NewPlace[], zone: string): Promise<void> {
  const days = added.map(({ start }) => localDayOf(zone, start));
  await rows(
    tx,
    `INSERT INTO unsealed (meter, kind, event, from_at, to_at, newest_at)
     SELECT meter, 'meter-days', '', from_at, to_at, max(received_at)
     FROM unnest($1::text[], $2::timestamptz[], $3::timestamptz[], $4::timestamptz[]) AS u (meter, from_at, to_at, received_at)
     GROUP BY meter, from_at, to_at ${MERGED}`,
    [
      added.map(({ meter }) => meter),
      days.map(({ start }) => formatInstant(start)),
      days.map(({ end }) => formatInstant(end)),
      added.map(({ receivedAt }) => formatInstant(receivedAt)),
    ],
  );
}

/** What waits to be sealed, of enrolled meters, with what is sealed of it already; by time, then meter. */
export async function findUnsealed(source: Source): Promise<Unsealed[]> {
  const found = await rows<UnsealedRow>(
    source,
    `SELECT u.meter, u.kind, u.from_at, u.to_at, u.newest_at, p.statement, p.version, p.root,
       e.event, e.statement AS event_statement
     FROM unsealed u JOIN enrolled_meter USING (meter) LEFT JOIN dr_event e ON e.event = u.event
     LEFT JOIN LATERAL (SELECT statement, version, root FROM sealed_part s
       WHERE s.meter = u.meter AND s.kind = u.kind AND coalesce(s.event, '') = u.event
         AND s.from_at = u.from_at AND s.to_at = u.to_at
       ORDER BY version DESC LIMIT 1) p ON true
     ORDER BY u.from_at, u.to_at, u.meter`,
  );
  return found.map(unsealedOf);
}

/** Strikes spans off the list of work. */
export async function strikeUnsealed(tx: Transaction, done: readonly Unsealed[]): Promise<void> {
  await rows(
    tx,
    `DELETE FROM unsealed WHERE (meter, kind, event, from_at, to_at) IN
       (SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::timestamptz[]))`,
    [
      done.map(({ meter }) => meter),
      done.map(({ kind }) => kind),
      done.map(({ event }) => event?.id ?? ''),
      done.map(({ span }) => formatInstant(span.start)),
      done.map(({ span }) => formatInstant(span.end)),
    ],
  );
}

interface UnsealedRow {
  meter: string;
  kind: SealKind;
  from_at: Date;
  to_at: Date;
  newest_at: Date;
  event: string | null;
  event_statement: string;
  statement: string | null;
  version: number;
  root: string;
}

function unsealedOf(row: UnsealedRow): Unsealed {
  const { meter, kind, event, statement, version, root } = row;
  return {
    meter,
    kind,
    span: { start: instant(row.from_at.getTime()), end: instant(row.to_at.getTime()) },
    event: event === null ? null : { id: event, statement: row.event_statement },
    newestAt: instant(row.newest_at.getTime()),
    sealed: statement === null ? null : { statement, version, root },
  };
}
