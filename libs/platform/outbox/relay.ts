import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { KafkaProducer, RawMessage } from '../kafka/index.js';
import { outboxPublished, type Logger } from '../telemetry/index.js';
import { purgeExpired } from './retention.js';

/** Rows read and sent at once, and their bytes. */
const MAX_BATCH_ROWS = 500;
const MAX_BATCH_BYTES = 4_000_000;
/** Longest wait for news: covers commits of other processes and transactions that {@link OutboxRelay.wake} missed. */
const POLL_MS = 200;
/** Pause of a relay that is not the active one, and after a failure (doubling). */
const STANDBY_MS = 1_000;
const FIRST_BACKOFF_MS = 200;
const LONGEST_BACKOFF_MS = 5_000;
const PURGE_INTERVAL_MS = 60_000;
/** Advisory lock of the active relay of a schema (first key: this purpose). */
const RELAY_LOCK = 7_402;

/**
 * Only rows of transactions older than every running one: ids and xids are given before commit, so a later row may show
 * first, and a reader that goes by id alone would pass the earlier one over. Order is (xid, id).
 */
const WAITING = `
  SELECT id, topic, key, value, headers FROM (
    SELECT id, xid, topic, key, value, headers, sum(octet_length(value)) OVER (ORDER BY xid, id) - octet_length(value) AS before
    FROM (
      SELECT * FROM outbox
      WHERE published_at IS NULL AND xid < pg_snapshot_xmin(pg_current_snapshot())
      ORDER BY xid, id LIMIT ${MAX_BATCH_ROWS}
    ) AS oldest
  ) AS bounded WHERE before < ${MAX_BATCH_BYTES} ORDER BY xid, id`;

interface OutboxRow {
  readonly id: string;
  readonly topic: string;
  readonly key: string;
  readonly value: string;
  readonly headers: Record<string, string>;
}

/**
 * Sends committed outbox rows to Kafka, at least once, in commit order; one process of a service at a time. A crash
 * between sending and marking sends the same message ids again. Lives through restarts of database and brokers.
 */
export class OutboxRelay {
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;
  private nudge: (() => void) | undefined;
  private nudged = false;
  private backoffMs = FIRST_BACKOFF_MS;
  private nextPurge = 0;

  constructor(
    private readonly databaseUrl: string,
    private readonly producer: Pick<KafkaProducer, 'sendRaw'>,
    private readonly log: Logger,
  ) {}

  start(): void {
    this.running ??= this.run();
  }

  /** Says that rows were committed. */
  readonly wake = (): void => {
    this.nudged = true;
    this.nudge?.();
  };

  /** Sends what is committed by now, if it can, and stops. */
  async stop(): Promise<void> {
    this.stopping.abort();
    this.nudge?.();
    await this.running;
  }

  private async run(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      try {
        await this.lead();
      } catch (error) {
        this.log.warn({ err: error, retryMs: this.backoffMs }, 'outbox relay failed; trying again');
        await this.pause(this.backoffMs);
        this.backoffMs = Math.min(this.backoffMs * 2, LONGEST_BACKOFF_MS);
      }
    }
  }

  /** Holds one connection: the lock lives as long as it does, so a dead relay never blocks the next. */
  private async lead(): Promise<void> {
    const client = new pg.Client({
      connectionString: this.databaseUrl,
      keepAlive: true,
      connectionTimeoutMillis: 5_000,
    });
    client.on('error', (error) => this.log.warn({ err: error }, 'outbox relay lost its database connection'));
    try {
      await client.connect();
      if (await isLeader(client)) await this.relayUntilStopped(client);
      else await this.pause(STANDBY_MS);
    } finally {
      await client.end().catch((error: unknown) => this.log.debug({ err: error }, 'connection was gone already'));
    }
  }

  private async relayUntilStopped(client: pg.Client): Promise<void> {
    for (;;) {
      this.nudged = false;
      const sent = await this.relayOnce(client);
      if (sent > 0) this.backoffMs = FIRST_BACKOFF_MS;
      if (this.stopping.signal.aborted && sent === 0) return;
      if (sent === 0) await this.purgeNowAndThen(client);
      if (sent === 0) await this.idle();
    }
  }

  private async relayOnce(client: pg.Client): Promise<number> {
    const { rows } = await client.query<OutboxRow>(WAITING);
    if (rows.length === 0) return 0;
    await this.producer.sendRaw(rows.map(messageOf));
    await client.query('UPDATE outbox SET published_at = now() WHERE id = ANY($1::bigint[])', [
      rows.map(({ id }) => id),
    ]);
    for (const { topic } of rows) outboxPublished.inc({ topic });
    return rows.length;
  }

  private async purgeNowAndThen(client: pg.Client): Promise<void> {
    if (performance.now() < this.nextPurge) return;
    this.nextPurge = performance.now() + PURGE_INTERVAL_MS;
    await purgeExpired(client);
  }

  private async idle(): Promise<void> {
    if (this.nudged) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, POLL_MS);
    this.nudge = resolve;
    await promise;
    clearTimeout(timer);
    this.nudge = undefined;
  }

  private async pause(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.stopping.signal }).catch(() => undefined);
  }
}

async function isLeader(client: pg.Client): Promise<boolean> {
  const answer = await client.query<{ leader: boolean }>(
    'SELECT pg_try_advisory_lock($1, hashtext(current_schema())) AS leader',
    [RELAY_LOCK],
  );
  return answer.rows[0]?.leader ?? false;
}

function messageOf(row: OutboxRow): RawMessage {
  return { topic: row.topic, key: row.key, value: row.value, headers: row.headers };
}
