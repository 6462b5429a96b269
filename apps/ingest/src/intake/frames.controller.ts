import { Caller, Roles } from '@gridpact/platform/auth';
import { RefusedError, granted } from '@gridpact/platform/http';
import { type Frame, frame } from '@gridpact/telemetry';
import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { GatewayStore } from '../gateways/gateway-store.js';
import { KnownClock } from '../known-clock.js';
import { frameCount } from '../metrics.js';
import { FrameProducer, readArrival } from './frame-producer.js';

const STATUS = {
  frame_too_large: 413,
  not_json: 400,
  frame_schema: 422,
  contradictory: 422,
  gateway_foreign: 403,
} as const;

/** What a gateway hears of its frame. */
export interface FrameAnswer {
  readonly seq: number;
  readonly outcome: 'accepted';
}

/** Frames over HTTPS, for gateways without MQTT; the answer is the acknowledgement. */
@Controller('v1/frames')
@Roles('device', 'aggregator')
export class FramesController {
  constructor(
    private readonly producer: FrameProducer,
    private readonly gateways: GatewayStore,
    private readonly clock: KnownClock,
  ) {}

  @Post()
  @HttpCode(202)
  async take(@Body({ schema: frame }) body: Frame, @Caller() caller: Caller): Promise<FrameAnswer> {
    if (!(await this.speaksFor(caller, body.gateway))) {
      throw new RefusedError({ code: 'gateway_foreign', detail: `${body.gateway} is not the caller's gateway` }, 403);
    }
    const arrived = granted(readArrival(body.gateway, Buffer.from(JSON.stringify(body))), STATUS);
    const now = await this.clock.now();
    if (now === null) throw new RefusedError({ code: 'clock_unknown', detail: 'starting; send it again' }, 503);
    await this.producer.produce([arrived], now);
    frameCount.inc({ outcome: 'accepted' });
    return { seq: body.seq, outcome: 'accepted' };
  }

  /** A device speaks for itself, an aggregator for the gateways that it registered. */
  private async speaksFor(caller: Caller, gateway: string): Promise<boolean> {
    if (caller.roles.includes('device') && caller.party === gateway) return true;
    return caller.roles.includes('aggregator') && (await this.gateways.ownerOf(gateway)) === caller.party;
  }
}
