import { Server, type CustomTransportStrategy } from '@nestjs/microservices';
import { topicByName } from '@gridpact/contracts';
import type { Kafka } from 'kafkajs';
import { lastValueFrom } from 'rxjs';
import type { Logger } from '../telemetry/index.js';
import { BatchConsumer } from './batch-consumer.js';
import { deadLetterOf } from './dead-letter.js';
import type { BatchHandler, KafkaBatch } from './message.js';
import type { KafkaProducer } from './producer.js';

export interface KafkaBatchStrategyOptions {
  readonly kafka: Kafka;
  /** Service name: the consumer group, and whose dead-letter topic takes poison. */
  readonly service: string;
  readonly producer: KafkaProducer;
  readonly log: Logger;
}

/**
 * Nest transport that gives whole batches to `@EventPattern<string>(topics.x.name)` handlers and commits an offset only
 * after its handler resolved. Nest's own Kafka transport commits whatever becomes of the effect.
 */
export class KafkaBatchStrategy extends Server implements CustomTransportStrategy {
  /** Nest must not log and swallow what a handler throws: retries and dead letters live on it. */
  override readonly propagatesEventHandlerErrors = true;
  private consumer: BatchConsumer | undefined;

  constructor(private readonly settings: KafkaBatchStrategyOptions) {
    super();
  }

  /** Starts consuming the topics that have a handler; a service without any joins no group. */
  listen(callback: (error?: unknown) => void): void {
    const subscriptions = [...this.messageHandlers.keys()].map((name) => ({
      topic: topicByName(name),
      handler: this.handlerOf(name),
    }));
    const { kafka, service, producer, log } = this.settings;
    if (subscriptions.length > 0) {
      this.consumer = new BatchConsumer({
        kafka,
        groupId: service,
        subscriptions,
        deadLetter: (poison) => producer.sendRaw([deadLetterOf(service, poison)]),
        log,
      });
      this.consumer.start();
    }
    callback();
  }

  /** True when every topic is being consumed, or none is to be. */
  isReady(): boolean {
    return this.consumer?.isConnected() ?? true;
  }

  async close(): Promise<void> {
    await this.consumer?.close();
  }

  on(): never {
    throw new Error('the Kafka strategy emits no events; watch the log and the metrics');
  }

  unwrap<T>(): T {
    throw new Error('the Kafka strategy does not give its consumer away');
  }

  private handlerOf(topic: string): BatchHandler {
    return async (batch: KafkaBatch<unknown>) => {
      const handler = this.getHandlerByPattern(topic);
      if (!handler) throw new Error(`no handler for ${topic}`);
      const answer = this.transformToObservable(
        await handler(batch, { topic: batch.topic, partition: batch.partition }),
      );
      await lastValueFrom(answer, { defaultValue: undefined });
    };
  }
}
