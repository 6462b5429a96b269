import { setTimeout as delay } from 'node:timers/promises';
import type { KafkaMessage as KafkaRecord } from 'kafkajs';
import type { Topic } from '@gridpact/contracts';
import { kafkaHandleDuration, kafkaMessages, withSpan, type Logger } from '../telemetry/index.js';
import type { Poison } from './dead-letter.js';
import { isTransient } from './failure.js';
import { readRecord, type BatchHandler, type KafkaMessage, type ReadRecord } from './message.js';

/** Runs of a handler on a batch, and on a message that stands alone, before it counts as failed; a half gets one. */
const MAX_ATTEMPTS = 3;
const FIRST_BACKOFF_MS = 100;

/** What a delivery needs: the handler of its topic, and where poison goes. */
export interface DeliveryPorts {
  readonly topic: Topic;
  readonly partition: number;
  readonly handler: BatchHandler;
  readonly deadLetter: (poison: Poison) => Promise<void>;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** Ok records carry both: the record, should it turn out to be poison, and the message that handlers see. */
type Deliverable = Extract<ReadRecord, { ok: true }>;

/**
 * Delivers consecutive records of a partition: poison to the dead-letter topic, everything else through the handler, in
 * order. Resolves when each record's effect is committed or its dead letter is stored. Throws on transient failures and
 * when the signal aborts between attempts; then nothing is lost, since the whole slice comes again.
 */
export async function deliver(ports: DeliveryPorts, records: readonly KafkaRecord[]): Promise<void> {
  const read = records.map((record) => readRecord(ports.topic, ports.partition, record));
  const good = oncePerId(read.filter((entry): entry is Deliverable => entry.ok));
  if (good.length > 0) await handleOrBisect(ports, good, MAX_ATTEMPTS);
  for (const entry of read) {
    if (!entry.ok) await bury(ports, entry.record, entry.reason, entry.detail);
  }
}

/** A message sent twice stands in a batch once: a handler that asks the inbox by id would otherwise apply both. */
function oncePerId(entries: readonly Deliverable[]): Deliverable[] {
  const seen = new Set<string>();
  return entries.filter(({ message }) => !seen.has(message.id) && seen.add(message.id));
}

async function handleOrBisect(ports: DeliveryPorts, entries: readonly Deliverable[], attempts: number): Promise<void> {
  const failure = await attempt(ports, entries, attempts);
  if (!failure) return;
  const [first] = entries;
  if (entries.length === 1 && first) return bury(ports, first.record, 'handler_failed', failure.message);
  const middle = Math.ceil(entries.length / 2);
  for (const half of [entries.slice(0, middle), entries.slice(middle)]) {
    await handleOrBisect(ports, half, half.length === 1 ? MAX_ATTEMPTS : 1);
  }
}

/** Runs the handler, again with back-off; gives the last failure, or nothing when it succeeded. */
async function attempt(
  ports: DeliveryPorts,
  entries: readonly Deliverable[],
  attempts: number,
): Promise<Error | undefined> {
  const messages = entries.map(({ message }) => message);
  for (let run = 1; ; run += 1) {
    const failure = await failureOf(ports, messages, run);
    if (!failure) return undefined;
    if (isTransient(failure)) throw failure;
    if (run === attempts) return failure;
    await delay(FIRST_BACKOFF_MS * 2 ** run, undefined, { signal: ports.signal });
  }
}

function logFailure(
  { topic, partition, log }: DeliveryPorts,
  messages: readonly KafkaMessage<unknown>[],
  err: unknown,
  run: number,
): void {
  const [first] = messages;
  log.warn({ err, topic: topic.name, partition, offset: first?.offset, count: messages.length, run }, 'handler failed');
  kafkaMessages.inc({ topic: topic.name, outcome: 'failed' }, messages.length);
}

async function failureOf(
  ports: DeliveryPorts,
  messages: readonly KafkaMessage<unknown>[],
  run: number,
): Promise<Error | undefined> {
  const { topic, partition, handler } = ports;
  const endTimer = kafkaHandleDuration.startTimer({ topic: topic.name });
  const attributes = { 'messaging.destination.name': topic.name, 'messaging.batch.message_count': messages.length };
  const handling = (): Promise<void> =>
    handler({ topic: topic.name, partition, messages }).catch((error: unknown) => {
      logFailure(ports, messages, error, run);
      throw error;
    });
  try {
    await withSpan(`handle ${topic.name}`, attributes, handling, { kind: 'consumer', ...tracesOf(messages) });
    kafkaMessages.inc({ topic: topic.name, outcome: 'handled' }, messages.length);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  } finally {
    endTimer();
  }
}

/** A batch continues the trace of its first message and names those of the others. */
function tracesOf(messages: readonly KafkaMessage<unknown>[]): {
  parent: Readonly<Record<string, string>>;
  links: Readonly<Record<string, string>>[];
} {
  const [first, ...others] = messages.map(({ headers }) => headers);
  return { parent: first ?? {}, links: others.filter((headers) => headers['traceparent'] !== first?.['traceparent']) };
}

async function bury(
  ports: DeliveryPorts,
  record: KafkaRecord,
  reason: Poison['reason'],
  detail: string,
): Promise<void> {
  const { topic, partition, log } = ports;
  log.error(
    { topic: topic.name, partition, offset: record.offset, reason, detail },
    'message goes to the dead-letter topic',
  );
  await ports.deadLetter({ topic: topic.name, partition, record, reason, detail });
  kafkaMessages.inc({ topic: topic.name, outcome: 'dead_lettered' });
}
