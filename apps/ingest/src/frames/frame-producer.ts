import { type FrameReceived, topics } from '@gridpact/contracts';
import { type Result, formatInstant, ok, refuse } from '@gridpact/kernel';
import { BUSINESS_CLOCK } from '@gridpact/platform/app';
import type { BusinessClock } from '@gridpact/platform/clock';
import { KafkaProducer } from '@gridpact/platform/kafka';
import { type Frame, type FrameRefusal, parseFrame } from '@gridpact/telemetry';
import { Inject, Injectable } from '@nestjs/common';

/** Why a frame is refused before it enters Kafka. */
export type ArrivalRefusal = FrameRefusal | 'gateway_foreign';

/** A frame that was read, with the bytes that it came in. */
export interface ArrivedFrame {
  readonly frame: Frame;
  readonly bytes: Uint8Array;
}

/** Brings frames into Kafka; what it resolved is on the disks of all in-sync replicas and may be acknowledged. */
@Injectable()
export class FrameProducer {
  constructor(
    private readonly producer: KafkaProducer,
    @Inject(BUSINESS_CLOCK) private readonly clock: BusinessClock,
  ) {}

  /** Reads a frame that came from `gateway`. */
  read(gateway: string, bytes: Uint8Array): Result<ArrivedFrame, ArrivalRefusal> {
    const parsed = parseFrame(bytes);
    if (!parsed.ok) return parsed;
    if (parsed.value.gateway === gateway) return ok({ frame: parsed.value, bytes });
    return refuse('gateway_foreign', `a frame of ${parsed.value.gateway} came from ${gateway}`);
  }

  /** Produces frames in one request. */
  async produce(frames: readonly ArrivedFrame[]): Promise<void> {
    const receivedAt = formatInstant(this.clock.now());
    const messages = frames.map(({ frame, bytes }) => ({
      key: frame.gateway,
      value: {
        gateway: frame.gateway,
        frame: Buffer.from(bytes).toString('base64'),
        receivedAt,
      } satisfies FrameReceived,
    }));
    await this.producer.sendBatch(topics.frame, messages);
  }
}
