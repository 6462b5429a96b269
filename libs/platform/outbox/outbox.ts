import { randomUUID } from 'node:crypto';
import { topicByName, type MessageOf, type Topic } from '@gridpact/contracts';
import type { MachineClock } from '../clock/index.js';
import { MAX_MESSAGE_BYTES, ceHeaders } from '../kafka/index.js';
import { afterCommit, rows, type Transaction } from '../postgres/index.js';
import { traceHeaders } from '../telemetry/index.js';

/** A message that commits with a state change. */
export interface OutboxMessage<T extends Topic = Topic> {
  readonly topic: T | string;
  readonly key: string;
  readonly value: MessageOf<T>;
  /** Id of the message; made up when absent. Give one where the same cause must give the same message. */
  readonly id?: string;
  /** Headers of the message it follows from, so that one trace shows both; the running trace when absent. */
  readonly cause?: Readonly<Record<string, string>>;
}

/** Writes messages into the service's outbox table, in the caller's transaction; the relay sends them after commit. */
export class Outbox {
  constructor(
    private readonly service: string,
    private readonly clock: MachineClock,
    private readonly wakeRelay: () => void,
  ) {}

  /** Adds a message; throws when its value does not fit the topic's schema or passes {@link MAX_MESSAGE_BYTES}. */
  async add<T extends Topic>(tx: Transaction, message: OutboxMessage<T>): Promise<void> {
    const topic = typeof message.topic === 'string' ? topicByName(message.topic) : message.topic;
    const value = writtenValue(topic, message.value);
    const id = message.id ?? randomUUID();
    const attributes = ceHeaders({ id, topic: topic.name, service: this.service, at: this.clock.now() });
    await rows(tx, 'INSERT INTO outbox (message_id, topic, key, value, headers) VALUES ($1, $2, $3, $4, $5)', [
      id,
      topic.name,
      message.key,
      value,
      JSON.stringify({ ...attributes, ...traceOf(message.cause) }),
    ]);
    afterCommit(tx, this.wakeRelay);
  }
}

function writtenValue(topic: Topic, value: unknown): string {
  const written = JSON.stringify(topic.schema.parse(value));
  const bytes = Buffer.byteLength(written);
  if (bytes > MAX_MESSAGE_BYTES) throw new RangeError(`message for ${topic.name} has ${bytes} bytes`);
  return written;
}

function traceOf(cause: Readonly<Record<string, string>> | undefined): Record<string, string> {
  const traceparent = cause?.['traceparent'];
  return traceparent ? { traceparent } : traceHeaders();
}
