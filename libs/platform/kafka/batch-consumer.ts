import { setTimeout as delay } from 'node:timers/promises';
import type { ConsumerConfig, EachBatchPayload, Kafka, KafkaMessage as KafkaRecord } from 'kafkajs';
import type { Topic } from '@gridpact/contracts';
import { kafkaLag, type Logger } from '../telemetry/index.js';
import { liveUntilStopped } from './consumer-life.js';
import type { Poison } from './dead-letter.js';
import { deliver, type DeliveryPorts } from './delivery.js';
import type { BatchHandler } from './message.js';

/** Messages handed to a handler at once. */
export const MAX_BATCH_MESSAGES = 500;
const MAX_BYTES_PER_PARTITION = 1_048_576;
const MAX_FETCH_BYTES = 4_194_304;
const MAX_FETCH_WAIT_MS = 100;
/**
 * A killed consumer holds its partitions until its session ends, and so does one whose broker restarted: as short as brokers
 * allow by default (`group.min.session.timeout.ms`). Long handlers are no matter, heartbeats go on beside them.
 */
const SESSION_TIMEOUT_MS = 6_000;
const REBALANCE_TIMEOUT_MS = 8_000;
const HEARTBEAT_MS = 1_500;
/** Pause of a partition after a transient failure; doubles while the failure lasts. */
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 10_000;
/** Pause before a consumer that crashed is built anew. */
const REBUILD_MS = 500;

const CONSUMER_SETTINGS: Omit<ConsumerConfig, 'groupId'> = {
  sessionTimeout: SESSION_TIMEOUT_MS,
  rebalanceTimeout: REBALANCE_TIMEOUT_MS,
  heartbeatInterval: HEARTBEAT_MS,
  maxBytesPerPartition: MAX_BYTES_PER_PARTITION,
  maxBytes: MAX_FETCH_BYTES,
  maxWaitTimeInMs: MAX_FETCH_WAIT_MS,
  allowAutoTopicCreation: false,
  // One authority over restarts, the consumer below: kafkajs would also restart what was just closed.
  retry: { restartOnFailure: () => Promise.resolve(false) },
};

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
 * handler, pauses a partition while the world is broken. Survives restarts of the broker: a consumer that crashed is built
 * anew for as long as it takes.
 */
export class BatchConsumer {
  private readonly stopping = new AbortController();
  private readonly pauses = new Map<string, number>();
  private readonly resumes = new Set<NodeJS.Timeout>();
  private working = 0;
  private joined = false;
  private running: Promise<void> | undefined;

  constructor(private readonly options: BatchConsumerOptions) {}

  /** Starts to join the group, and to join it again whenever that is needed; {@link isConnected} tells of success. */
  start(): void {
    this.running ??= this.live();
  }

  /** True while this consumer is a member of its group. */
  isConnected(): boolean {
    return this.joined;
  }

  /** Stops intake, lets running handlers finish and commit, leaves the group. */
  async close(): Promise<void> {
    this.stopping.abort();
    for (const timer of this.resumes) clearTimeout(timer);
    await this.running;
  }

  private async live(): Promise<void> {
    const { signal } = this.stopping;
    const { log, groupId } = this.options;
    while (!signal.aborted) {
      try {
        await this.liveOnce();
      } catch (error) {
        log.warn({ err: error, group: groupId, retryMs: REBUILD_MS }, 'consumer failed; a new one takes its place');
        await delay(REBUILD_MS, undefined, { signal }).catch(() => undefined);
      } finally {
        this.joined = false;
      }
    }
  }

  private liveOnce(): Promise<void> {
    const { kafka, groupId, subscriptions } = this.options;
    return liveUntilStopped({
      consumer: kafka.consumer({ groupId, ...CONSUMER_SETTINGS }),
      topics: subscriptions.map(({ topic }) => topic.name),
      eachBatch: (payload) => this.eachBatch(payload),
      onJoin: () => {
        this.joined = true;
      },
      isWorking: () => this.working > 0,
      signal: this.stopping.signal,
    });
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
