import type pg from 'pg';

/** Published messages stay so long that a lost topic can be rebuilt from them. */
const PUBLISHED_RETENTION_DAYS = 7;
/** Longer than any topic keeps messages, so that a replay from the first offset meets ids that are still known. */
const INBOX_RETENTION_DAYS = 30;
const IDEMPOTENCY_RETENTION_DAYS = 30;
/** Rows removed at once from a table; the rest waits for the next round. */
const PURGE_ROWS = 5_000;

/** Removes platform rows that have served their time; bounded work a call. */
export async function purgeExpired(client: pg.Client): Promise<void> {
  await purge(client, 'outbox', 'published_at', PUBLISHED_RETENTION_DAYS);
  await purge(client, 'inbox', 'received_at', INBOX_RETENTION_DAYS);
  await purge(client, 'idempotency_key', 'started_at', IDEMPOTENCY_RETENTION_DAYS);
}

async function purge(client: pg.Client, table: string, column: string, days: number): Promise<void> {
  await client.query(
    `DELETE FROM ${table} WHERE ctid = ANY (ARRAY(
       SELECT ctid FROM ${table} WHERE ${column} < now() - make_interval(days => $1) LIMIT $2))`,
    [days, PURGE_ROWS],
  );
}
