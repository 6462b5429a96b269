import { setTimeout as delay } from 'node:timers/promises';
import { LOGGER, MQTT } from '@gridpact/platform/app';
import type { LazyMqtt } from '@gridpact/platform/mqtt';
import type { Logger } from '@gridpact/platform/telemetry';
import { type BeforeApplicationShutdown, Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import type { MqttClient } from 'mqtt';
import { KnownClock } from '../known-clock.js';
import { frameCount } from '../metrics.js';
import { type ArrivedFrame, FrameProducer, readArrival } from './frame-producer.js';

const FRAMES = 'gridpact/v1/+/frames';
/** Frames, and bytes of them, that wait for Kafka; what comes beyond is not acknowledged: its gateway sends it again. */
const MAX_WAITING_FRAMES = 5_000;
const MAX_WAITING_BYTES = 64 * 1024 * 1024;
/** Frames of one produce request. */
const BATCH_FRAMES = 100;
const RETRY_MS = 500;
/** A sequence number is looked for in so much of a frame that cannot be read. */
const MAX_SEARCHED_BYTES = 4096;

/** Takes frames from MQTT and acknowledges each by its sequence number once Kafka holds it, never before. */
@Injectable()
export class MqttIntake implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private waiting: ArrivedFrame[] = [];
  private waitingBytes = 0;
  private readonly stopping = new AbortController();
  private connecting: Promise<void> | undefined;
  private forwarding: Promise<void> | undefined;

  constructor(
    private readonly producer: FrameProducer,
    private readonly clock: KnownClock,
    @Inject(MQTT) private readonly mqtt: LazyMqtt,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.connecting = this.connect();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.connecting;
    await this.forwarding;
  }

  /** What a gateway published; it hears of a refusal at once, of acceptance once Kafka has the frame. */
  arrive(client: MqttClient, topic: string, payload: Buffer): void {
    const gateway = topic.split('/')[2] ?? '';
    const read = readArrival(gateway, payload);
    if (!read.ok) {
      frameCount.inc({ outcome: 'refused' });
      acknowledge(client, gateway, { seq: seqOf(payload), outcome: 'refused', ...read.refusal });
    } else if (this.hasRoom(payload.length) && !this.stopping.signal.aborted) {
      this.waiting.push(read.value);
      this.waitingBytes += payload.length;
      this.forwarding ??= this.forwardAll(client).finally(() => (this.forwarding = undefined));
    }
  }

  private hasRoom(bytes: number): boolean {
    return this.waiting.length < MAX_WAITING_FRAMES && this.waitingBytes + bytes <= MAX_WAITING_BYTES;
  }

  private async connect(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      try {
        const client = await this.mqtt();
        client.on('message', (topic, payload) => this.arrive(client, topic, payload));
        await client.subscribeAsync(FRAMES, { qos: 1 });
        return;
      } catch (error) {
        this.log.warn({ err: error }, 'cannot subscribe to frames; trying again');
        await this.pause();
      }
    }
  }

  private async forwardAll(client: MqttClient): Promise<void> {
    while (this.waiting.length > 0 && !this.stopping.signal.aborted) {
      const batch = this.waiting.slice(0, BATCH_FRAMES);
      if (await this.forward(client, batch)) {
        this.waiting = this.waiting.slice(batch.length);
        for (const { bytes } of batch) this.waitingBytes -= bytes.length;
      } else {
        await this.pause();
      }
    }
  }

  private async forward(client: MqttClient, batch: readonly ArrivedFrame[]): Promise<boolean> {
    try {
      const now = await this.clock.now();
      if (now === null) return false;
      await this.producer.produce(batch, now);
    } catch (error) {
      this.log.warn({ err: error, frames: batch.length }, 'frames not in Kafka yet; trying again');
      return false;
    }
    frameCount.inc({ outcome: 'accepted' }, batch.length);
    for (const { frame } of batch) acknowledge(client, frame.gateway, { seq: frame.seq, outcome: 'accepted' });
    return true;
  }

  private pause(): Promise<void> {
    return delay(RETRY_MS, undefined, { signal: this.stopping.signal }).catch(() => undefined);
  }
}

function acknowledge(client: MqttClient, gateway: string, answer: Record<string, unknown>): void {
  client.publish(`gridpact/v1/${gateway}/acks`, JSON.stringify(answer), { qos: 1 });
}

/** The sequence number of a frame that could not be read, as far as it can be told. */
function seqOf(payload: Buffer): number | null {
  const found = /"seq":\s*(\d{1,15})\b/.exec(payload.subarray(0, MAX_SEARCHED_BYTES).toString('utf8'));
  return found ? Number(found[1]) : null;
}
