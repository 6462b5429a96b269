import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { LOGGER, MQTT, PG_POOL } from '@gridpact/platform/app';
import type { LazyMqtt } from '@gridpact/platform/mqtt';
import { inTransaction } from '@gridpact/platform/postgres';
import type { Logger } from '@gridpact/platform/telemetry';
import type { Pool } from 'pg';
import { GatewayQueue } from './gateway-queue.js';

/** Machine time between two looks at the queue. */
const LOOK_EVERY_MS = 200;

/** Sends queued messages to the MQTT broker at QoS 1, retained, so that a gateway that connects later hears the newest. */
@Injectable()
export class GatewayRelay implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;

  constructor(
    private readonly queue: GatewayQueue,
    @Inject(PG_POOL) private readonly pool: Pool,
    @Inject(MQTT) private readonly mqtt: LazyMqtt,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.running = this.run();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  /** Sends what waits; a message is noted as sent only after the broker has acknowledged it. */
  async send(): Promise<number> {
    if (await this.queue.isEmpty(this.pool)) return 0;
    const client = await this.mqtt();
    return inTransaction(this.pool, async (tx) => {
      const messages = await this.queue.take(tx);
      for (const { topic, payload } of messages) await client.publishAsync(topic, payload, { qos: 1, retain: true });
      await this.queue.noteSent(tx, messages);
      return messages.length;
    });
  }

  private async run(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      await this.send().catch((error: unknown) => this.log.warn({ err: error }, 'gateways not told; trying again'));
      await delay(LOOK_EVERY_MS, undefined, { signal: this.stopping.signal }).catch(() => undefined);
    }
  }
}
