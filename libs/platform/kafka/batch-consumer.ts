import { setTimeout as delay } from 'node:timers/promises';
import type { Consumer, EachBatchPayload, Kafka, KafkaMessage as KafkaRecord } from 'kafkajs';
import type { Topic } from '@gridpact/contracts';
import { kafkaLag, type Logger } from '../telemetry/index.js';
import type { Poison } from './dead-letter.js';
import { deliver, type DeliveryPorts } from './delivery.js';
import type { BatchHandler } from './message.js';

/** Messages handed to a handler at once. */
export const MAX_BATCH_MESSAGES = 500;
/** Partitions whose handlers run side by side; bounds what is in flight, since nothing is fetched meanwhile. */
const CONCURRENT_PARTITIONS = 4;
const MAX_BYTES_PER_PARTITION = 1_048_576;
const MAX_FETCH_BYTES = 4_194_304;
const MAX_FETCH_WAIT_MS = 100;
const SESSION_TIMEOUT_MS = 30_000;
const HEARTBEAT_MS = 3_000;
/** Pause of a partition after a transient failure; doubles while the failure lasts. */
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 10_000;
/** Pause before a consumer that crashed for good is built anew. */
const REBUILD_MS = 1_000;
/** A consumer that neither fetches nor works for so long is stuck, and is built anew. */
const SILENCE_LIMIT_MS = 60_000;
const WATCH_INTERVAL_MS = 5_000;

/** A topic and what is done with its messages. */
export interface Subscription {
  readonly topic: Topic;
  readonly handler: BatchHandler;
}

/** What a consumer group is made of. */
export interface BatchConsumerOptions {
  readonly kafka: Kafka;
  readonly groupId: string;
  readonly subscriptions: readonly Subscription[];
  readonly deadLetter: (poison: Poison) => Promise<void>;
  readonly log: Logger;
  /** False for a reader of its own that starts from the beginning each time and leaves no offsets behind. */
  readonly commits?: boolean;
}

/**
 * Consumer group of a service: hands each partition's messages to its topic's handler, commits the offset after the
 * handler, pauses a partition while the world is broken. Survives restarts of the broker: what kafkajs gives up, it
 * builds anew.
 */
export class BatchConsumer {
  private consumer: Consumer | undefined;
  private readonly stopping = new AbortController();
  private readonly pauses = new Map<string, number>();
  private readonly resumes = new Set<NodeJS.Timeout>();
  private lastSign = 0;
  private working = 0;
  private joined = false;
  private rebuilding: Promise<void> | undefined;
  private watch: NodeJS.Timeout | undefined;

  constructor(private readonly options: BatchConsumerOptions) {}

  /** Joins the group; while the brokers are away it keeps trying in the background. Resolves at once then. */
  async start(): Promise<void> {
    this.watch = setInterval(() => this.restartWhenSilent(), WATCH_INTERVAL_MS);
    await this.build().catch((error: unknown) => this.rebuild(error));
  }

  /** True while this consumer is a member of its group. */
  isConnected(): boolean {
    return this.joined;
  }

  /** Stops intake, lets running handlers finish and commit, leaves the group. */
  async close(): Promise<void> {
    this.stopping.abort();
    clearInterval(this.watch);
    for (const timer of this.resumes) clearTimeout(timer);
    await this.rebuilding;
    await this.discard();
  }

  private async build(): Promise<void> {
    const consumer = this.options.kafka.consumer({
      groupId: this.options.groupId,
      sessionTimeout: SESSION_TIMEOUT_MS,
      heartbeatInterval: HEARTBEAT_MS,
      maxBytesPerPartition: MAX_BYTES_PER_PARTITION,
      maxBytes: MAX_FETCH_BYTES,
      maxWaitTimeInMs: MAX_FETCH_WAIT_MS,
      allowAutoTopicCreation: false,
    });
    this.consumer = consumer;
    this.lastSign = performance.now();
    this.observe(consumer);
    await consumer.connect();
    await consumer.subscribe({
      topics: this.options.subscriptions.map(({ topic }) => topic.name),
      fromBeginning: true,
    });
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: CONCURRENT_PARTITIONS,
      eachBatch: (payload) => this.eachBatch(payload),
    });
  }

  private observe(consumer: Consumer): void {
    const sign = (): void => {
      this.lastSign = performance.now();
    };
    consumer.on(consumer.events.FETCH, sign);
    consumer.on(consumer.events.HEARTBEAT, sign);
    consumer.on(consumer.events.GROUP_JOIN, () => {
      sign();
      this.joined = true;
    });
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      this.joined = false;
      if (!payload.restart && consumer === this.consumer) this.rebuild(payload.error);
    });
  }

  private rebuild(reason: unknown): void {
    if (this.stopping.signal.aborted || this.rebuilding) return;
    this.options.log.error({ err: reason, group: this.options.groupId }, 'consumer failed; building it anew');
    this.rebuilding = this.buildUntilItWorks().finally(() => {
      this.rebuilding = undefined;
    });
  }

  private async buildUntilItWorks(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      try {
        await this.discard();
        await delay(REBUILD_MS, undefined, { signal: this.stopping.signal });
        return await this.build();
      } catch (error) {
        this.options.log.warn({ err: error, group: this.options.groupId }, 'consumer could not start; trying again');
      }
    }
  }

  private restartWhenSilent(): void {
    const silentMs = performance.now() - this.lastSign;
    if (this.working > 0 || silentMs < SILENCE_LIMIT_MS) return;
    this.joined = false;
    this.rebuild(new Error(`consumer was silent for ${Math.round(silentMs)} ms`));
  }

  private async discard(): Promise<void> {
    const old = this.consumer;
    this.consumer = undefined;
    this.joined = false;
    await old
      ?.disconnect()
      .catch((error: unknown) => this.options.log.warn({ err: error }, 'consumer did not close cleanly'));
  }

  private async eachBatch(payload: EachBatchPayload): Promise<void> {
    const subscription = this.options.subscriptions.find(({ topic }) => topic.name === payload.batch.topic);
    if (!subscription) throw new Error(`no handler for ${payload.batch.topic}`);
    this.working += 1;
    try {
      for (const slice of slicesOf(payload.batch.messages)) {
        if (!payload.isRunning() || payload.isStale() || this.stopping.signal.aborted) return;
        if (!(await this.deliverSlice(subscription, payload, slice))) return;
      }
    } finally {
      this.working -= 1;
      this.lastSign = performance.now();
    }
  }

  /** Delivers and commits one slice; false when the partition was paused instead. */
  private async deliverSlice(
    subscription: Subscription,
    payload: EachBatchPayload,
    slice: readonly KafkaRecord[],
  ): Promise<boolean> {
    const { topic, partition } = payload.batch;
    try {
      await this.withHeartbeat(payload, () => deliver(this.portsOf(subscription, partition), slice));
    } catch (error) {
      this.pausePartition(payload, error);
      return false;
    }
    this.pauses.delete(`${topic}/${partition}`);
    await this.commit(payload, slice);
    kafkaLag.set({ topic, partition }, lagOf(payload, slice));
    await payload.heartbeat();
    return true;
  }

  private async commit(payload: EachBatchPayload, slice: readonly KafkaRecord[]): Promise<void> {
    const last = slice.at(-1);
    if (!last) return;
    payload.resolveOffset(last.offset);
    if (this.options.commits === false) return;
    const partitions = [{ partition: payload.batch.partition, offset: (BigInt(last.offset) + 1n).toString() }];
    await payload.commitOffsetsIfNecessary({ topics: [{ topic: payload.batch.topic, partitions }] });
  }

  private portsOf({ topic, handler }: Subscription, partition: number): DeliveryPorts {
    const { deadLetter, log } = this.options;
    return { topic, partition, handler, deadLetter, log, signal: this.stopping.signal };
  }

  /** Keeps the membership alive during long work. A failed beat shows at the next regular one, after the commit. */
  private async withHeartbeat(payload: EachBatchPayload, work: () => Promise<void>): Promise<void> {
    const beat = setInterval(() => {
      payload.heartbeat().catch((error: unknown) => this.options.log.debug({ err: error }, 'heartbeat failed'));
    }, HEARTBEAT_MS);
    try {
      await work();
    } finally {
      clearInterval(beat);
    }
  }

  private pausePartition(payload: EachBatchPayload, error: unknown): void {
    if (this.stopping.signal.aborted) return;
    const { topic, partition } = payload.batch;
    const pauseMs = this.pauses.get(`${topic}/${partition}`) ?? FIRST_PAUSE_MS;
    this.pauses.set(`${topic}/${partition}`, Math.min(pauseMs * 2, LONGEST_PAUSE_MS));
    this.options.log.warn({ err: error, topic, partition, pauseMs }, 'partition paused');
    const resume = payload.pause();
    const timer = setTimeout(() => {
      this.resumes.delete(timer);
      resume();
    }, pauseMs);
    this.resumes.add(timer);
  }
}

function lagOf(payload: EachBatchPayload, slice: readonly KafkaRecord[]): number {
  const next = BigInt(slice.at(-1)?.offset ?? '0') + 1n;
  return Number(BigInt(payload.batch.highWatermark) - next);
}

function* slicesOf(records: readonly KafkaRecord[]): Generator<KafkaRecord[]> {
  for (let start = 0; start < records.length; start += MAX_BATCH_MESSAGES) {
    yield records.slice(start, start + MAX_BATCH_MESSAGES);
  }
}
