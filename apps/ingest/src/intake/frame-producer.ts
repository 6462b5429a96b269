import { objectId, topics } from '@gridpact/contracts';
import { type Instant, type Result, formatInstant, ok, refuse } from '@gridpact/kernel';
import { KafkaProducer } from '@gridpact/platform/kafka';
import { type Frame, type FrameRefusal, parseFrame } from '@gridpact/telemetry';
import { Injectable } from '@nestjs/common';

/** Why a frame is refused before it enters Kafka. */
export type ArrivalRefusal = FrameRefusal | 'gateway_foreign';

/** A frame that was read, with the bytes that it came in. */
export interface ArrivedFrame {
  readonly frame: Frame;
  readonly bytes: Uint8Array;
}

/** Brings frames into Kafka; what it resolved is held by all in-sync replicas and may be acknowledged. */
@Injectable()
export class FrameProducer {
  constructor(private readonly producer: KafkaProducer) {}

  /** Produces frames in bounded requests, in their order. */
  async produce(frames: readonly ArrivedFrame[], receivedAt: Instant): Promise<void> {
    const messages = frames.map(({ frame: { gateway }, bytes }) => {
      const value = { gateway, frame: Buffer.from(bytes).toString('base64'), receivedAt: formatInstant(receivedAt) };
      return { key: gateway, value };
    });
    await this.producer.sendBatch(topics.frame, messages);
  }
}

/** Reads a frame that came from `gateway`; what it grants fits the topic's schema. */
export function readArrival(gateway: string, bytes: Uint8Array): Result<ArrivedFrame, ArrivalRefusal> {
  const parsed = parseFrame(bytes);
  if (!parsed.ok) return parsed;
  const frame = parsed.value;
  if (frame.gateway !== gateway) return refuse('gateway_foreign', `a frame of ${frame.gateway} came from ${gateway}`);
  if (!objectId.safeParse(gateway).success) return refuse('frame_schema', 'gateway: letters, digits, . _ -');
  return ok({ frame, bytes });
}
