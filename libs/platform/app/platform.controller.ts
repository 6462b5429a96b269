import { Controller, Get, Header, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Public } from '../auth/index.js';
import { MappedClock, type ClockView } from '../clock/index.js';
import { metrics } from '../telemetry/index.js';
import { Readiness } from './readiness.js';

/** What every service answers to those who run it. */
@Public()
@ApiExcludeController()
@Controller()
export class PlatformController {
  constructor(
    private readonly readiness: Readiness,
    private readonly clock: MappedClock,
  ) {}

  /** The process runs its event loop; nothing more, so that an absent database does not restart it. */
  @Get('health/live')
  live(): { status: string } {
    return { status: 'live' };
  }

  /** 200 when database, broker and clock are in order, else 503; `clock` is the mapping's revision. */
  @Get('health/ready')
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<Readonly<Record<string, unknown>>> {
    const checks = await this.readiness.outcomes();
    const isReady = Object.values(checks).every(Boolean);
    reply.status(isReady ? 200 : 503);
    return { status: isReady ? 'ready' : 'not_ready', checks, clock: this.clock.revision() };
  }

  /** Prometheus text exposition format 0.0.4. */
  @Get('metrics')
  @Header('content-type', metrics.contentType)
  metrics(): Promise<string> {
    return metrics.metrics();
  }

  /** Business and machine time as this service sees them. */
  @Get('v1/clock')
  showClock(): ClockView {
    return this.clock.view();
  }
}
