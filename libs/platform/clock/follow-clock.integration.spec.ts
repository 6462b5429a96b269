import { randomUUID } from 'node:crypto';
import { instant, plusMs } from '@gridpact/kernel';
import { topics } from '@gridpact/contracts';
import { ADMIN, passwordFrom, withKafkaAdmin } from '@gridpact/testing';
import { afterAll, afterEach, describe, expect, inject, it, vi } from 'vitest';
import { kafkaClient, KafkaProducer } from '../kafka/index.js';
import { logger } from '../telemetry/index.js';
import { ClockFollower, MappedClock, systemMachineClock } from './index.js';

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
const made: string[] = [];
const following: ClockFollower[] = [];
const NOON = instant(1_786_000_000_000);

afterEach(async () => {
  for (const follower of following.splice(0)) await follower.close();
});
afterAll(async () => {
  await producer.close();
  await withKafkaAdmin(stack, (admin) => admin.deleteTopics({ topics: made }));
});

describe('a process that follows the clock', () => {
  it('is caught up at once while nobody has set it', async () => {
    const { follower, clock } = follow(await freshTopic());

    await vi.waitFor(() => expect(follower.isCaughtUp()).toBe(true), 20_000);
    expect(clock.revision()).toBe(0);
  });

  it('is caught up only with the newest mapping that stood there when it started', async () => {
    const topic = await freshTopic();
    for (let revision = 1; revision <= 30; revision += 1) await set(topic, revision, revision * 1_000);
    const { follower, clock } = follow(topic);

    await vi.waitFor(() => expect(follower.isCaughtUp()).toBe(true), 20_000);
    expect(clock.revision()).toBe(30);
    expect(clock.now()).toBe(plusMs(NOON, 30_000));
  });

  it('follows each later mapping and never goes back to an earlier one', async () => {
    const topic = await freshTopic();
    const { follower, clock } = follow(topic);
    await vi.waitFor(() => expect(follower.isCaughtUp()).toBe(true), 20_000);
    await set(topic, 2, 20_000);
    await set(topic, 1, 10_000);
    await set(topic, 3, 30_000);

    await vi.waitFor(() => expect(clock.revision()).toBe(3), 20_000);
    expect(clock.now()).toBe(plusMs(NOON, 30_000));
  });

  it('is not stopped by a mapping that cannot be read', async () => {
    const topic = await freshTopic();
    await producer.sendRaw([{ topic: topic.name, key: 'clock', value: '{"revision":"x"}', headers: {} }]);
    const { follower, clock } = follow(topic);
    await vi.waitFor(() => expect(follower.isCaughtUp()).toBe(true), 20_000);
    await set(topic, 1, 10_000);

    await vi.waitFor(() => expect(clock.revision()).toBe(1), 20_000);
  });
});

type ClockTopic = typeof topics.clock;

async function freshTopic(): Promise<ClockTopic> {
  const topic = { ...topics.clock, name: `platform-test.clock-${randomUUID()}.v1` };
  await withKafkaAdmin(stack, (admin) => admin.createTopics({ waitForLeaders: true, topics: [{ topic: topic.name }] }));
  made.push(topic.name);
  return topic;
}

function follow(topic: ClockTopic): { follower: ClockFollower; clock: MappedClock } {
  const clock = new MappedClock(systemMachineClock);
  const follower = new ClockFollower(kafka, 'platform-test', clock, log, topic);
  follower.start();
  following.push(follower);
  return { follower, clock };
}

/** Holds the clock `afterNoonMs` past noon. */
function set(topic: ClockTopic, revision: number, afterNoonMs: number): Promise<void> {
  const businessEpoch = new Date(plusMs(NOON, afterNoonMs)).toISOString();
  const machineEpoch = new Date(systemMachineClock.now()).toISOString();
  return producer.sendBatch(topic, [
    { key: 'clock', value: { revision, machineEpoch, businessEpoch, ratePermille: 0 } },
  ]);
}
