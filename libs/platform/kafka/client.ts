import { Kafka, logLevel, type LogEntry } from 'kafkajs';
import type { ServiceConfig } from '../config/index.js';
import type { Logger } from '../telemetry/index.js';

/** The variables that reach the brokers. */
export type KafkaAccess = Pick<
  ServiceConfig,
  'GRIDPACT_SERVICE' | 'GRIDPACT_KAFKA_BROKERS' | 'GRIDPACT_KAFKA_USERNAME' | 'GRIDPACT_KAFKA_PASSWORD'
>;

const CONNECT_TIMEOUT_MS = 3_000;
const REQUEST_TIMEOUT_MS = 15_000;
/** Retries inside kafkajs; when they are used up our own loops, which never give up, take over. */
const RETRIES = 5;
const FIRST_RETRY_MS = 100;
const LONGEST_RETRY_MS = 3_000;

/** kafkajs client of a service: SASL/PLAIN as its own user, its log lines in ours. */
export function kafkaClient(access: KafkaAccess, log: Logger): Kafka {
  return new Kafka({
    clientId: access.GRIDPACT_SERVICE,
    brokers: [...access.GRIDPACT_KAFKA_BROKERS],
    ssl: false,
    sasl: {
      mechanism: 'plain',
      username: access.GRIDPACT_KAFKA_USERNAME,
      password: access.GRIDPACT_KAFKA_PASSWORD,
    },
    connectionTimeout: CONNECT_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    retry: { retries: RETRIES, initialRetryTime: FIRST_RETRY_MS, maxRetryTime: LONGEST_RETRY_MS },
    logLevel: logLevel.INFO,
    logCreator: () => (entry) => writeEntry(log, entry),
  });
}

/** kafkajs warns of bounded retries on an idempotent producer; `KafkaProducer` starts over after them, so nothing is lost. */
const ANSWERED_WARNING = 'Limiting retries for the idempotent producer';

/** What kafkajs calls an error it mostly retries by itself (a coordinator still loading), so its errors are warnings here. */
function writeEntry(log: Logger, { level, namespace, log: line }: LogEntry): void {
  const { message } = line;
  const omitted = new Set(['message', 'timestamp', 'logger', 'stack']);
  const fields = Object.fromEntries(Object.entries(line).filter(([name]) => !omitted.has(name)));
  const members = { kafkajs: namespace, ...fields };
  if (message.startsWith(ANSWERED_WARNING)) return;
  if (level === logLevel.ERROR || level === logLevel.WARN) log.warn(members, message);
  else log.debug(members, message);
}
