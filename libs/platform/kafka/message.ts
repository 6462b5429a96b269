import type { IHeaders, KafkaMessage as KafkaRecord } from 'kafkajs';
import type { Topic } from '@gridpact/contracts';
import { MESSAGE_ID_HEADER } from './cloud-event.js';

/** A message whose value its topic's schema has read; `id` is the CloudEvents id, stable over redelivery. */
export interface KafkaMessage<T> {
  readonly id: string;
  readonly key: string;
  readonly value: T;
  readonly offset: string;
  /** Machine time of the broker or producer, milliseconds since 1970. */
  readonly timestamp: number;
  readonly headers: Readonly<Record<string, string>>;
}

/** Messages of one partition, oldest first; an id stands in it once. */
export interface KafkaBatch<T> {
  readonly topic: string;
  readonly partition: number;
  readonly messages: readonly KafkaMessage<T>[];
}

/** Handles a batch; its effect is committed when it resolves, and may be asked for again, so it is idempotent. */
export type BatchHandler = (batch: KafkaBatch<unknown>) => Promise<void>;

/** A record as it came, with what reading it gave: a message, or why it is none. */
export type ReadRecord =
  | { readonly ok: true; readonly record: KafkaRecord; readonly message: KafkaMessage<unknown> }
  | { readonly ok: false; readonly record: KafkaRecord; readonly reason: PoisonReason; readonly detail: string };

/** Why a record goes to the dead-letter topic. */
export type PoisonReason = 'not_json' | 'schema_mismatch' | 'handler_failed';

/** Reads a record against its topic's schema. */
export function readRecord(topic: Topic, partition: number, record: KafkaRecord): ReadRecord {
  const json = parsedJson(record.value);
  if (!json.ok) return { ok: false, record, reason: 'not_json', detail: json.detail };
  const parsed = topic.schema.safeParse(json.value);
  if (!parsed.success) return { ok: false, record, reason: 'schema_mismatch', detail: issuesOf(parsed.error.issues) };
  const headers = textHeaders(record.headers);
  const message = {
    id: headers[MESSAGE_ID_HEADER] ?? `${topic.name}/${partition}/${record.offset}`,
    key: record.key?.toString('utf8') ?? '',
    value: parsed.data,
    offset: record.offset,
    timestamp: Number(record.timestamp),
    headers,
  };
  return { ok: true, record, message };
}

function parsedJson(bytes: Buffer | null): { ok: true; value: unknown } | { ok: false; detail: string } {
  if (!bytes) return { ok: false, detail: 'the record has no value' };
  try {
    return { ok: true, value: JSON.parse(bytes.toString('utf8')) };
  } catch (error) {
    return { ok: false, detail: error instanceof Error ? error.message : String(error) };
  }
}

function issuesOf(issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[]): string {
  return issues.map((issue) => `${issue.path.map(String).join('.')}: ${issue.message}`).join('; ');
}

function textHeaders(headers: IHeaders | undefined): Record<string, string> {
  const entries = Object.entries(headers ?? {}).map(([name, value]) => {
    const first = Array.isArray(value) ? value[0] : value;
    return [name, first === undefined ? '' : first.toString('utf8')] as const;
  });
  return Object.fromEntries(entries);
}
