import { AccessTokens } from '../auth/index.js';
import { KafkaProducer } from '../kafka/index.js';
import { Outbox } from '../outbox/index.js';

/** The parsed configuration that the module was made with (`ServiceConfig` or the app's extension of it). */
export const SERVICE_CONFIG = Symbol('SERVICE_CONFIG');
/** `Logger` of pino, with the service's name. */
export const LOGGER = Symbol('LOGGER');
/** `pg.Pool` for visible SQL on hot paths. */
export const PG_POOL = Symbol('PG_POOL');
/** `LazyRedis`: a function that gives the connected client. */
export const REDIS = Symbol('REDIS');
/** `LazyMqtt`: a function that gives the connected client. */
export const MQTT = Symbol('MQTT');
/** `BusinessClock` of the sandbox's mapping, or of the machine in production. */
export const BUSINESS_CLOCK = Symbol('BUSINESS_CLOCK');
/** `MachineClock`. */
export const MACHINE_CLOCK = Symbol('MACHINE_CLOCK');
/** kafkajs client, for what neither producer nor strategy covers, such as a second consumer group. */
export const KAFKA = Symbol('KAFKA');
/** The {@link Outbox}; its class is the token. */
export const OUTBOX = Outbox;
/** The {@link KafkaProducer}; its class is the token. */
export const KAFKA_PRODUCER = KafkaProducer;
/** The service's own {@link AccessTokens}; its class is the token. */
export const ACCESS_TOKENS = AccessTokens;
