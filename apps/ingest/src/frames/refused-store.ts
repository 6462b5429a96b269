import { type Instant, formatInstant } from '@gridpact/kernel';
import { rows, type Transaction } from '@gridpact/platform/postgres';

/** Refusals kept; the oldest make room. */
const MAX_KEPT = 100_000;
const MAX_DETAIL_CHARS = 500;

/** A frame, or one reading of it (`meter` and `start` set), that counted for nothing. */
export interface RefusedRow {
  readonly gateway: string;
  readonly seq: number;
  readonly meter: string;
  readonly start: string;
  readonly code: string;
  readonly detail: string;
  readonly receivedAt: Instant;
}

/** Keeps what was refused, with its reason; the same refusal again is not a second one. */
export async function keepRefused(tx: Transaction, refused: readonly RefusedRow[]): Promise<void> {
  if (refused.length === 0) return;
  await rows(
    tx,
    `INSERT INTO refused_frame (gateway, seq, meter, start_at, code, detail, received_at)
     SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[])
     ON CONFLICT DO NOTHING`,
    [
      refused.map(({ gateway }) => gateway),
      refused.map(({ seq }) => seq),
      refused.map(({ meter }) => meter),
      refused.map(({ start }) => start),
      refused.map(({ code }) => code),
      refused.map(({ detail }) => detail.slice(0, MAX_DETAIL_CHARS)),
      refused.map(({ receivedAt }) => formatInstant(receivedAt)),
    ],
  );
  await rows(tx, 'DELETE FROM refused_frame WHERE id <= (SELECT max(id) FROM refused_frame) - $1', [MAX_KEPT]);
}
