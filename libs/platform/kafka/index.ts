export { kafkaClient, type KafkaAccess } from './client.js';
export { ceHeaders, MESSAGE_ID_HEADER } from './cloud-event.js';
export { RetryLater, isTransient } from './failure.js';
export type { BatchHandler, KafkaBatch, KafkaMessage } from './message.js';
export { KafkaProducer, MAX_MESSAGE_BYTES, type OutgoingMessage, type RawMessage } from './producer.js';
export { BatchConsumer, type BatchConsumerOptions, type Subscription } from './batch-consumer.js';
export { KafkaBatchStrategy, type KafkaBatchStrategyOptions } from './strategy.js';
