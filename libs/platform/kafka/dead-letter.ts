import type { KafkaMessage as KafkaRecord } from 'kafkajs';
import { deadLetterTopicName } from '@gridpact/contracts';
import type { PoisonReason } from './message.js';
import type { RawMessage } from './producer.js';

/** Longest reason that a dead letter carries, characters. */
const MAX_DETAIL_CHARS = 1_000;

/** A record on its way to the dead-letter topic: bytes as they came, with where from and why. */
export interface Poison {
  readonly topic: string;
  readonly partition: number;
  readonly record: KafkaRecord;
  readonly reason: PoisonReason;
  readonly detail: string;
}

/** The dead letter of a record: value, key and headers unchanged, `dead-letter-*` headers beside them. */
export function deadLetterOf(service: string, poison: Poison): RawMessage {
  const { record } = poison;
  return {
    topic: deadLetterTopicName(service),
    key: record.key,
    value: record.value,
    headers: {
      ...originalHeaders(record),
      'dead-letter-reason': poison.reason,
      'dead-letter-detail': poison.detail.slice(0, MAX_DETAIL_CHARS),
      'dead-letter-topic': poison.topic,
      'dead-letter-partition': String(poison.partition),
      'dead-letter-offset': record.offset,
    },
  };
}

function originalHeaders(record: KafkaRecord): Record<string, string> {
  const entries = Object.entries(record.headers ?? {});
  return Object.fromEntries(entries.map(([name, value]) => [name, String(Array.isArray(value) ? value[0] : value)]));
}
