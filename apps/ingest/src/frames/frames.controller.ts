import { Roles } from '@gridpact/platform/auth';
import { RefusedError } from '@gridpact/platform/http';
import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { frame, type Frame } from '@gridpact/telemetry';
import { FrameProducer } from './frame-producer.js';

/** Frames over HTTPS, for gateways without MQTT; the answer is the acknowledgement. */
@Controller('v1/frames')
@Roles('device', 'aggregator')
export class FramesController {
  constructor(private readonly producer: FrameProducer) {}

  @Post()
  @HttpCode(202)
  async take(@Body({ schema: frame }) body: Frame): Promise<{ seq: number; outcome: 'accepted' }> {
    const read = this.producer.read(body.gateway, Buffer.from(JSON.stringify(body)));
    if (!read.ok) throw new RefusedError(read.refusal, 422);
    await this.producer.produce([read.value]);
    return { seq: body.seq, outcome: 'accepted' };
  }
}
