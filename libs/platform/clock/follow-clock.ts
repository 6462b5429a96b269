import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { instantOf, machineInstant } from '@gridpact/kernel';
import { topics, type MessageOf } from '@gridpact/contracts';
import type { Kafka } from 'kafkajs';
import { BatchConsumer, type KafkaBatch } from '../kafka/index.js';
import type { Logger } from '../telemetry/index.js';
import type { MappedClock } from './mapped-clock.js';

const RETRY_MS = 1_000;

type ClockSet = MessageOf<typeof topics.clock>;

/**
 * Follows the compacted clock topic from its beginning, in a group of its own that commits nothing, so that every process
 * knows the newest mapping however late it starts. Only a later revision is taken over, so reading twice changes nothing.
 */
export class ClockFollower {
  private readonly stopping = new AbortController();
  private readonly consumer: BatchConsumer;
  /** Offset after the last mapping that stood in the topic when following began. */
  private end: bigint | undefined;
  private next = 0n;
  private started: Promise<void> | undefined;

  constructor(
    private readonly kafka: Kafka,
    service: string,
    private readonly clock: MappedClock,
    private readonly log: Logger,
    /** Another topic of the same values, for tests beside a running system. */
    private readonly topic: typeof topics.clock = topics.clock,
  ) {
    this.consumer = new BatchConsumer({
      kafka,
      log,
      groupId: `${service}.clock.${randomUUID()}`,
      subscriptions: [{ topic, handler: (batch) => this.take(batch as KafkaBatch<ClockSet>) }],
      // The delivery logged why a mapping cannot be read; all that is left is to count it as seen.
      deadLetter: ({ record }) => Promise.resolve(this.seen(record.offset)),
      commits: false,
    });
  }

  start(): void {
    this.started ??= this.follow();
  }

  /** True once every mapping that stood in the topic at the start has been taken. */
  isCaughtUp(): boolean {
    return this.end !== undefined && this.next >= this.end;
  }

  async close(): Promise<void> {
    this.stopping.abort();
    await this.started;
    await this.consumer.close();
  }

  private async follow(): Promise<void> {
    while (this.end === undefined && !this.stopping.signal.aborted) {
      try {
        this.end = await endOfTopic(this.kafka, this.topic.name);
      } catch (error) {
        this.log.warn({ err: error }, 'clock topic cannot be read; trying again');
        await delay(RETRY_MS, undefined, { signal: this.stopping.signal }).catch(() => undefined);
      }
    }
    if (!this.stopping.signal.aborted) this.consumer.start();
  }

  private seen(offset: string): void {
    this.next = BigInt(offset) + 1n;
  }

  private take(batch: KafkaBatch<ClockSet>): Promise<void> {
    for (const { value, offset } of batch.messages) {
      this.seen(offset);
      const { revision, machineEpoch, businessEpoch, ratePermille } = value;
      const mapping = {
        machineEpoch: machineInstant(instantOf(machineEpoch)),
        businessEpoch: instantOf(businessEpoch),
        ratePermille,
      };
      if (this.clock.follow(revision, mapping)) this.log.info({ revision, businessEpoch, ratePermille }, 'clock set');
    }
    return Promise.resolve();
  }
}

/** Offset after the newest mapping; 0 when there is none. */
async function endOfTopic(kafka: Kafka, topic: string): Promise<bigint> {
  const admin = kafka.admin();
  try {
    await admin.connect();
    const [only] = await admin.fetchTopicOffsets(topic);
    if (!only) throw new Error(`${topic} has no partition`);
    return only.low === only.high ? 0n : BigInt(only.high);
  } finally {
    await admin.disconnect();
  }
}
