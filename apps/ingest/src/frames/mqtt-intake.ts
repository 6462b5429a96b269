import { setTimeout as delay } from 'node:timers/promises';
import { LOGGER, MQTT } from '@gridpact/platform/app';
import type { LazyMqtt } from '@gridpact/platform/mqtt';
import type { Logger } from '@gridpact/platform/telemetry';
import { type BeforeApplicationShutdown, Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import type { MqttClient } from 'mqtt';
import { type ArrivedFrame, FrameProducer } from './frame-producer.js';

const FRAMES = 'gridpact/v1/+/frames';
/** Frames that wait for Kafka; what comes beyond is not acknowledged, so that its gateway sends it again. */
const MAX_WAITING = 5_000;
/** Frames of one produce request. */
const BATCH = 100;
const IDLE_MS = 5;
const RETRY_MS = 500;

/** Takes frames from MQTT and acknowledges each by its sequence number once Kafka holds it, never before. */
@Injectable()
export class MqttIntake implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly waiting: ArrivedFrame[] = [];
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;

  constructor(
    private readonly producer: FrameProducer,
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

  private async run(): Promise<void> {
    const client = await this.connected();
    while (client && !this.stopping.signal.aborted) {
      const batch = this.waiting.splice(0, BATCH);
      if (batch.length === 0) await this.pause(IDLE_MS);
      else await this.forward(client, batch);
    }
  }

  private async connected(): Promise<MqttClient | undefined> {
    while (!this.stopping.signal.aborted) {
      try {
        const client = await this.mqtt();
        client.on('message', (topic, payload) => this.arrive(client, topic, payload));
        await client.subscribeAsync(FRAMES, { qos: 1 });
        return client;
      } catch (error) {
        this.log.warn({ err: error }, 'cannot subscribe to frames; trying again');
        await this.pause(RETRY_MS);
      }
    }
    return undefined;
  }

  private arrive(client: MqttClient, topic: string, payload: Buffer): void {
    const gateway = topic.split('/')[2] ?? '';
    const read = this.producer.read(gateway, payload);
    if (!read.ok) {
      acknowledge(client, gateway, { seq: seqOf(payload), outcome: 'refused', ...read.refusal });
    } else if (this.waiting.length < MAX_WAITING) {
      this.waiting.push(read.value);
    }
  }

  private async forward(client: MqttClient, batch: readonly ArrivedFrame[]): Promise<void> {
    try {
      await this.producer.produce(batch);
    } catch (error) {
      this.log.warn({ err: error, frames: batch.length }, 'frames not in Kafka yet; trying again');
      this.waiting.unshift(...batch);
      return this.pause(RETRY_MS);
    }
    for (const { frame } of batch) acknowledge(client, frame.gateway, { seq: frame.seq, outcome: 'accepted' });
  }

  private pause(ms: number): Promise<void> {
    return delay(ms, undefined, { signal: this.stopping.signal }).catch(() => undefined);
  }
}

function acknowledge(client: MqttClient, gateway: string, answer: Record<string, unknown>): void {
  client.publish(`gridpact/v1/${gateway}/acks`, JSON.stringify(answer), { qos: 1 });
}

/** The sequence number of a frame that could not be read, as far as it can be told. */
function seqOf(payload: Buffer): number | null {
  const found = /"seq":(\d{1,15})/.exec(payload.subarray(0, 4096).toString('utf8'));
  return found ? Number(found[1]) : null;
}
