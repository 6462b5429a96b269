import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { topic as declareTopic } from '@gridpact/contracts';
import { freshDatabase, type FreshDatabase } from '@gridpact/testing';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it, vi } from 'vitest';
import { z } from 'zod';
import { systemMachineClock } from '../clock/index.js';
import type { RawMessage } from '../kafka/index.js';
import { inTransaction, migrate, platformMigrations } from '../postgres/index.js';
import { logger } from '../telemetry/index.js';
import { onceOnly, Outbox, OutboxRelay } from './index.js';

const stack = inject('stack');
const log = logger('platform-test');
log.level = 'silent';
const topic = declareTopic({
  name: 'platform-test.thing.v1',
  summary: '',
  key: 'k',
  schema: z.strictObject({ n: z.int() }),
});

/** Stands for the brokers: remembers what it took, and can be down, slow, or take all and fail to say so. */
class FaultyBroker {
  readonly taken: RawMessage[] = [];
  failure: 'none' | 'before' | 'after' = 'none';

  async sendRaw(messages: readonly RawMessage[]): Promise<void> {
    if (this.failure === 'before') throw new Error('broker away');
    this.taken.push(...messages);
    if (this.failure === 'after') throw new Error('answer lost');
    await delay(1);
  }

  get numbers(): number[] {
    return this.taken.map(({ value }) => (JSON.parse(String(value)) as { n: number }).n);
  }
}

let database: FreshDatabase;
let pool: pg.Pool;
let broker: FaultyBroker;
const relays: OutboxRelay[] = [];
let wakeUps = 0;
const outbox = new Outbox('platform-test', systemMachineClock, () => (wakeUps += 1));

beforeAll(async () => {
  database = await freshDatabase(stack, 'ledger');
  await migrate(
    { GRIDPACT_SERVICE: 'ledger', GRIDPACT_MIGRATION_DATABASE_URL: database.migrationUrl },
    [],
    [...platformMigrations],
  );
  pool = new pg.Pool({ connectionString: database.url, max: 8 });
  pool.on('error', () => undefined);
});
beforeEach(async () => {
  await pool.query('DELETE FROM outbox');
  broker = new FaultyBroker();
  wakeUps = 0;
});
afterEach(async () => {
  for (const relay of relays.splice(0)) await relay.stop();
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

describe('the outbox', () => {
  it('sends nothing of a transaction that rolled back', async () => {
    relay();
    await expect(
      inTransaction(pool, async (tx) => {
        await outbox.add(tx, { topic, key: 'k', value: { n: 1 } });
        throw new Error('changed my mind');
      }),
    ).rejects.toThrow('changed my mind');
    await say(2);

    await vi.waitFor(() => expect(broker.numbers).toEqual([2]));
    expect(wakeUps).toBe(1);
  });

  it('refuses a value that its topic would refuse', async () => {
    const value = { n: 'one' } as unknown as { n: number };
    await expect(inTransaction(pool, (tx) => outbox.add(tx, { topic, key: 'k', value }))).rejects.toThrow(z.ZodError);
  });

  it('waits for an earlier, slower transaction instead of passing it over', async () => {
    relay();
    const slow = await pool.connect();
    await slow.query('BEGIN');
    await outbox.add(slow, { topic, key: 'k', value: { n: 1 } });
    await say(2);
    await delay(600);
    expect(broker.numbers).toEqual([]);
    await slow.query('COMMIT');
    slow.release();

    await vi.waitFor(() => expect(broker.numbers).toEqual([1, 2]));
  });

  it('keeps the order of commits over many batches', async () => {
    for (let n = 0; n < 1_100; n += 100) {
      await inTransaction(pool, async (tx) => {
        for (let i = n; i < n + 100; i += 1) await outbox.add(tx, { topic, key: 'k', value: { n: i } });
      });
    }
    relay();

    await vi.waitFor(() => expect(broker.numbers).toHaveLength(1_100), 10_000);
    expect(broker.numbers).toEqual(Array.from({ length: 1_100 }, (_, n) => n));
  });

  it('sends again, under the same id, what it could not mark as sent', async () => {
    broker.failure = 'after';
    relay();
    await say(1);
    await vi.waitFor(() => expect(broker.taken.length).toBeGreaterThan(0));
    broker.failure = 'none';

    await vi.waitFor(async () => expect(await waiting()).toBe(0), 10_000);
    expect(broker.taken.length).toBeGreaterThan(1);
    expect(new Set(broker.taken.map(({ headers }) => headers['ce-id'])).size).toBe(1);
  });

  it('loses nothing while brokers are away', async () => {
    broker.failure = 'before';
    relay();
    await say(1);
    await say(2);
    await delay(500);
    broker.failure = 'none';

    await vi.waitFor(() => expect(broker.numbers).toEqual([1, 2]), 10_000);
  });

  it('goes on after the database threw its connections out', async () => {
    relay();
    await say(1);
    await vi.waitFor(() => expect(broker.numbers).toEqual([1]));
    await pool.query(
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = current_user AND pid <> pg_backend_pid()',
    );
    await vi.waitFor(() => say(2), 5_000);

    await vi.waitFor(() => expect(broker.numbers).toEqual([1, 2]), 10_000);
  });

  it('has one active relay at a time, and a successor when that one stops', async () => {
    const first = relay();
    relay();
    for (let n = 0; n < 20; n += 1) await say(n);
    await vi.waitFor(() => expect(broker.numbers).toHaveLength(20), 10_000);
    await first.stop();
    await say(20);

    await vi.waitFor(() => expect(broker.numbers).toEqual(Array.from({ length: 21 }, (_, n) => n)), 10_000);
  });

  it('sends what is committed before it stops', async () => {
    const only = relay();
    for (let n = 0; n < 5; n += 1) await say(n);
    await only.stop();

    expect(broker.numbers).toEqual([0, 1, 2, 3, 4]);
  });
});

describe('the inbox', () => {
  it('gives each id once, repeats within a batch and concurrent consumers included', async () => {
    const ids = Array.from({ length: 50 }, () => randomUUID());
    const take = (batch: string[]) => inTransaction(pool, async (tx) => [...(await onceOnly(tx, 'test', batch))]);
    const taken = await Promise.all([take([...ids, ...ids]), take([...ids].reverse()), take(ids.slice(10))]);

    expect(taken.flat().sort()).toEqual([...ids].sort());
    expect(await take(ids)).toEqual([]);
  });

  it('forgets an id whose effect rolled back', async () => {
    const id = randomUUID();
    await inTransaction(pool, async (tx) => {
      await onceOnly(tx, 'test', [id]);
      throw new Error('no');
    }).catch(() => undefined);

    expect(await inTransaction(pool, (tx) => onceOnly(tx, 'test', [id]))).toEqual(new Set([id]));
  });

  it('keeps consumers apart', async () => {
    const id = randomUUID();
    expect(await inTransaction(pool, (tx) => onceOnly(tx, 'one', [id]))).toEqual(new Set([id]));
    expect(await inTransaction(pool, (tx) => onceOnly(tx, 'two', [id]))).toEqual(new Set([id]));
  });
});

function relay(): OutboxRelay {
  const started = new OutboxRelay(database.url, broker, log);
  started.start();
  relays.push(started);
  return started;
}

function say(n: number): Promise<void> {
  return inTransaction(pool, (tx) => outbox.add(tx, { topic, key: 'k', value: { n } }));
}

async function waiting(): Promise<number> {
  const { rows } = await pool.query<{ waiting: number }>(
    'SELECT count(*)::int AS waiting FROM outbox WHERE published_at IS NULL',
  );
  return rows[0]?.waiting ?? -1;
}
