import { rows, type Transaction } from '@gridpact/platform/postgres';
import type { BatchOpening } from '@gridpact/statement';
import type { DataSource } from 'typeorm';

/** What one recipient was sent, with its path to the root in `dispatch.sent`. */
export interface SentDispatch {
  /** Leaf hash of `dispatch.sent`. */
  readonly statement: string;
  readonly recipient: string;
  readonly opening: BatchOpening;
}

/** Stores what was sent at an event's start. */
export async function insertDispatches(
  tx: Transaction,
  event: string,
  statement: string,
  openings: readonly BatchOpening[],
): Promise<void> {
  await rows(
    tx,
    `INSERT INTO dispatch (event, recipient, statement, opening)
     SELECT $1, o ->> 'recipient', $2, o FROM jsonb_array_elements($3::jsonb) AS o`,
    [event, statement, JSON.stringify(openings)],
  );
}

/** What was sent at an event's start, by recipient; only to one when it is named. */
export async function dispatchesOf(
  db: DataSource | Transaction,
  event: string,
  recipient: string | null,
): Promise<SentDispatch[]> {
  return rows<SentDispatch>(
    db,
    `SELECT statement, recipient, opening FROM dispatch
     WHERE event = $1 AND ($2::text IS NULL OR recipient = $2) ORDER BY recipient`,
    [event, recipient],
  );
}
