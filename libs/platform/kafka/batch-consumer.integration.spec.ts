import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { topic as declareTopic } from '@gridpact/contracts';
import { ADMIN, passwordFrom, withKafkaAdmin } from '@gridpact/testing';
import { afterAll, afterEach, describe, expect, inject, it, vi } from 'vitest';
import { z } from 'zod';
import { systemMachineClock } from '../clock/index.js';
import { logger } from '../telemetry/index.js';
import { BatchConsumer, KafkaProducer, RetryLater, kafkaClient, type BatchHandler, type KafkaBatch } from './index.js';
import { deadLetterOf, type Poison } from './dead-letter.js';

const stack = inject('stack');
const log = logger('platform-test');
log.level = 'silent';
const kafka = kafkaClient(
  {
    GRIDPACT_SERVICE: 'platform-test',
    GRIDPACT_KAFKA_BROKERS: stack.kafka.brokers.split(','),
    GRIDPACT_KAFKA_USERNAME: ADMIN,
    GRIDPACT_KAFKA_PASSWORD: passwordFrom(stack.kafka.users, ADMIN),
  },
  log,
);
const producer = new KafkaProducer(kafka, 'platform-test', systemMachineClock, log);
const counted = z.strictObject({ n: z.int() });
type Counted = z.infer<typeof counted>;
const closers: (() => Promise<void>)[] = [];
const made: string[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

afterAll(async () => {
  await producer.close();
  await withKafkaAdmin(stack, (admin) => admin.deleteTopics({ topics: made }));
});

describe('a consumer', () => {
  it('hands a topic over in order by key and commits what was handled', async () => {
    const topic = await freshTopic(3);
    const sent = Array.from({ length: 1_200 }, (_, n) => ({ key: `k${n % 7}`, value: { n } }));
    await producer.sendBatch(topic, sent);
    const seen = new Map<string, number[]>();
    const first = await consume(topic, { group: topic.name, handler: collectingByKey(seen) });
    await vi.waitFor(() => expect(countOf(seen)).toBe(1_200), 20_000);
    for (const ns of seen.values()) expect(ns).toEqual([...ns].sort((a, b) => a - b));
    await first.close();

    const again = new Map<string, number[]>();
    await consume(topic, { group: topic.name, handler: collectingByKey(again) });
    await producer.sendBatch(topic, [{ key: 'k0', value: { n: 1_200 } }]);
    await vi.waitFor(() => expect(countOf(again)).toBeGreaterThan(0), 20_000);
    expect(again).toEqual(new Map([['k0', [1_200]]]));
  });

  it('never hands over more than 500 messages at once', async () => {
    const topic = await freshTopic();
    await producer.sendBatch(
      topic,
      Array.from({ length: 1_300 }, (_, n) => ({ key: 'k', value: { n } })),
    );
    const sizes: number[] = [];
    await consume(topic, { handler: (batch) => Promise.resolve(void sizes.push(batch.messages.length)) });

    await vi.waitFor(() => expect(sizes.reduce((a, b) => a + b, 0)).toBe(1_300), 20_000);
    expect(Math.max(...sizes)).toBe(500);
  });

  it('sends what its schema refuses to the dead letters, bytes unchanged, and handles what stands around it', async () => {
    const topic = await freshTopic();
    const raw = (value: string) => ({ topic: topic.name, key: 'k', value, headers: { 'ce-id': `id-${value}` } });
    await producer.sendRaw([raw('{"n":1}'), raw('{"n":"two"}'), raw('{not json'), raw('{"n":4}')]);
    const seen: number[] = [];
    const { poison } = await consume(topic, { handler: collecting(seen) });

    await vi.waitFor(() => expect(poison).toHaveLength(2), 20_000);
    expect(seen).toEqual([1, 4]);
    expect(poison.map(({ reason }) => reason)).toEqual(['schema_mismatch', 'not_json']);
    const letter = deadLetterOf('platform-test', required(poison[0]));
    expect(String(letter.value)).toBe('{"n":"two"}');
    expect(letter.headers).toMatchObject({
      'ce-id': 'id-{"n":"two"}',
      'dead-letter-offset': '1',
      'dead-letter-topic': topic.name,
    });
    expect(letter.headers['dead-letter-detail']).toContain('n: ');
  });

  it('finds the one message that its handler cannot take, and moves on', async () => {
    const topic = await freshTopic();
    await producer.sendBatch(
      topic,
      Array.from({ length: 20 }, (_, n) => ({ key: 'k', value: { n } })),
    );
    const seen = new Set<number>();
    const { poison } = await consume(topic, {
      handler: (batch) => {
        if (batch.messages.some(({ value }) => value.n === 13)) return Promise.reject(new Error('thirteen'));
        for (const { value } of batch.messages) seen.add(value.n);
        return Promise.resolve();
      },
    });

    await vi.waitFor(() => expect(poison).toHaveLength(1), 20_000);
    await vi.waitFor(() => expect(seen.size).toBe(19), 20_000);
    expect(poison[0]).toMatchObject({ reason: 'handler_failed', detail: 'thirteen', record: { offset: '13' } });
  });

  it('retries a handler that fails once, with nothing buried', async () => {
    const topic = await freshTopic();
    await producer.sendBatch(topic, [{ key: 'k', value: { n: 1 } }]);
    let calls = 0;
    const seen: number[] = [];
    const { poison } = await consume(topic, {
      handler: (batch) => {
        calls += 1;
        return calls === 1 ? Promise.reject(new Error('flaky')) : collecting(seen)(batch);
      },
    });

    await vi.waitFor(() => expect(seen).toEqual([1]), 20_000);
    expect(poison).toEqual([]);
  });

  it('waits for a broken world as long as it takes: one partition pauses, the others go on, nothing is buried', async () => {
    const topic = await freshTopic(2);
    let isBroken = true;
    const seen = new Map<number, number[]>();
    const { poison } = await consume(topic, {
      handler: ({ partition, messages }) => {
        if (partition === 0 && isBroken) return Promise.reject(new RetryLater('database away'));
        seen.set(partition, [...(seen.get(partition) ?? []), ...messages.map(({ value }) => value.n)]);
        return Promise.resolve();
      },
    });
    await producer.sendBatch(
      topic,
      Array.from({ length: 40 }, (_, n) => ({ key: `k${n}`, value: { n } })),
    );
    await vi.waitFor(() => expect(seen.get(1)?.length).toBeGreaterThan(0), 20_000);
    await delay(1_500);
    expect(seen.has(0)).toBe(false);

    isBroken = false;
    await vi.waitFor(() => expect((seen.get(0)?.length ?? 0) + (seen.get(1)?.length ?? 0)).toBe(40), 20_000);
    expect(poison).toEqual([]);
  });

  it('finishes and commits the batch under way when it is closed', async () => {
    const topic = await freshTopic();
    await producer.sendBatch(topic, [{ key: 'k', value: { n: 1 } }]);
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    let finished = 0;
    const { close } = await consume(topic, {
      group: topic.name,
      handler: async () => {
        begin();
        await delay(700);
        finished += 1;
      },
    });
    await begun;
    await close();

    expect(finished).toBe(1);
    const committed = await withKafkaAdmin(stack, (admin) =>
      admin.fetchOffsets({ groupId: topic.name, topics: [topic.name] }),
    );
    expect(committed[0]?.partitions).toMatchObject([{ partition: 0, offset: '1' }]);
  });
});

interface Settings {
  readonly handler: (batch: KafkaBatch<Counted>) => Promise<void>;
  readonly group?: string;
}

async function freshTopic(partitions = 1) {
  const declared = declareTopic({
    name: `platform-test.${randomUUID()}.v1`,
    summary: '',
    key: 'k',
    schema: counted,
    partitions,
  });
  await withKafkaAdmin(stack, async (admin) => {
    await admin.createTopics({ waitForLeaders: true, topics: [{ topic: declared.name, numPartitions: partitions }] });
  });
  made.push(declared.name);
  return declared;
}

async function consume(topic: Awaited<ReturnType<typeof freshTopic>>, settings: Settings) {
  const poison: Poison[] = [];
  const consumer = new BatchConsumer({
    kafka,
    log,
    groupId: settings.group ?? randomUUID(),
    subscriptions: [{ topic, handler: settings.handler as BatchHandler }],
    deadLetter: (letter) => Promise.resolve(void poison.push(letter)),
  });
  consumer.start();
  let closing: Promise<void> | undefined;
  const close = () => (closing ??= consumer.close());
  closers.push(close);
  return { poison, close };
}

function collecting(seen: number[]): Settings['handler'] {
  return (batch) => Promise.resolve(void seen.push(...batch.messages.map(({ value }) => value.n)));
}

function collectingByKey(seen: Map<string, number[]>): Settings['handler'] {
  return (batch) => {
    for (const { key, value } of batch.messages) seen.set(key, [...(seen.get(key) ?? []), value.n]);
    return Promise.resolve();
  };
}

function countOf(seen: ReadonlyMap<string, readonly number[]>): number {
  return [...seen.values()].reduce((sum, ns) => sum + ns.length, 0);
}

function required<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('missing');
  return value;
}
