import { randomUUID } from 'node:crypto';
import { Partitioners, type Kafka, type Producer, type TopicMessages } from 'kafkajs';
import { topicByName, type MessageOf, type Topic } from '@gridpact/contracts';
import type { MachineClock } from '../clock/index.js';
import { traceHeaders, untraced, withSpan, type Logger } from '../telemetry/index.js';
import { ceHeaders } from './cloud-event.js';

/** Largest value of one message; the broker takes 1 MiB with key, headers and framing. */
export const MAX_MESSAGE_BYTES = 900_000;
/** Bounds of one request to the brokers. */
const MAX_SEND_BYTES = 900_000;
const MAX_SEND_MESSAGES = 2_000;

/** A message to send; `id` is made up when absent, and stays the same over redelivery. */
export interface OutgoingMessage<T> {
  readonly key: string;
  readonly value: T;
  readonly id?: string;
}

/** A message already written out. */
export interface RawMessage {
  readonly topic: string;
  readonly key: string | Buffer | null;
  readonly value: string | Buffer | null;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Producer of a service: acks all, idempotent. After a failed send it starts over with a new producer id: kafkajs would
 * use the failed batch's sequence numbers for the next one, which a broker that did store the first drops as a repeat.
 */
export class KafkaProducer {
  private current: Promise<Producer> | undefined;
  private closed = false;

  constructor(
    private readonly kafka: Kafka,
    private readonly service: string,
    private readonly clock: MachineClock,
    private readonly log: Logger,
  ) {}

  /** Sends values of one topic, checked against its schema; resolves when all in-sync replicas hold all, else throws. */
  async sendBatch<T extends Topic>(
    topic: T | string,
    messages: readonly OutgoingMessage<MessageOf<T>>[],
  ): Promise<void> {
    const declared = typeof topic === 'string' ? topicByName(topic) : topic;
    const trace = traceHeaders();
    await this.sendRaw(
      messages.map((message) => ({
        topic: declared.name,
        key: message.key,
        value: JSON.stringify(declared.schema.parse(message.value)),
        headers: { ...this.attributes(declared.name, message.id), ...trace },
      })),
    );
  }

  /** Sends messages in the order given, in bounded requests; what was sent before a throw stays sent. */
  async sendRaw(messages: readonly RawMessage[]): Promise<void> {
    for (const chunk of chunksOf(messages)) {
      await withSpan('kafka send', { 'messaging.batch.message_count': chunk.length }, () => this.request(chunk), {
        kind: 'producer',
      });
    }
  }

  /** Connects when not connected yet; the first send would do the same. */
  async connect(): Promise<void> {
    await this.connected();
  }

  async close(): Promise<void> {
    this.closed = true;
    const open = await this.current?.catch(() => undefined);
    await open?.disconnect();
  }

  private attributes(topic: string, id: string | undefined): Record<string, string> {
    return ceHeaders({ id: id ?? randomUUID(), topic, service: this.service, at: this.clock.now() });
  }

  private async request(messages: readonly RawMessage[]): Promise<void> {
    const producer = await this.connected();
    try {
      await producer.sendBatch({ acks: -1, topicMessages: byTopic(messages) });
    } catch (error) {
      await this.discard(producer);
      throw error;
    }
  }

  private connected(): Promise<Producer> {
    if (this.closed) throw new Error('the Kafka producer is closed');
    this.current ??= untraced(() => this.open());
    return this.current;
  }

  private async open(): Promise<Producer> {
    const producer = this.kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      createPartitioner: Partitioners.DefaultPartitioner,
      retry: { retries: 5 },
    });
    try {
      await producer.connect();
      return producer;
    } catch (error) {
      this.current = undefined;
      throw error;
    }
  }

  private async discard(failed: Producer): Promise<void> {
    if ((await this.current?.catch(() => undefined)) !== failed) return;
    this.current = undefined;
    await failed
      .disconnect()
      .catch((error: unknown) => this.log.warn({ err: error }, 'producer did not close cleanly'));
  }
}

function byTopic(messages: readonly RawMessage[]): TopicMessages[] {
  const grouped = Map.groupBy(messages, ({ topic }) => topic);
  return [...grouped].map(([topic, ofTopic]) => ({
    topic,
    messages: ofTopic.map(({ key, value, headers }) => ({ key, value, headers: { ...headers } })),
  }));
}

function* chunksOf(messages: readonly RawMessage[]): Generator<RawMessage[]> {
  let chunk: RawMessage[] = [];
  let bytes = 0;
  for (const message of messages) {
    const size = sizeOf(message);
    if (chunk.length > 0 && (bytes + size > MAX_SEND_BYTES || chunk.length === MAX_SEND_MESSAGES)) {
      yield chunk;
      chunk = [];
      bytes = 0;
    }
    chunk.push(message);
    bytes += size;
  }
  if (chunk.length > 0) yield chunk;
}

function sizeOf(message: RawMessage): number {
  return typeof message.value === 'string' ? Buffer.byteLength(message.value) : (message.value?.length ?? 0);
}
