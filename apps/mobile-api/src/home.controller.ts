import { Controller, Get, UseFilters } from '@nestjs/common';
import { Public, Roles } from '@gridpact/platform/auth';
import { type ClockView, MappedClock } from '@gridpact/platform/clock';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { type Home, composeHome } from './home.js';
import { BearerToken } from './request-parts.js';
import { Upstream } from './upstream.js';
import { UpstreamAwayFilter } from './upstream-away.js';

/** What a phone needs before and beside everything else. */
@ApiTags('home')
@UseFilters(UpstreamAwayFilter)
@Controller('mobile/v1')
export class HomeController {
  constructor(
    private readonly upstream: Upstream,
    private readonly clock: MappedClock,
  ) {}

  @Get('server-time')
  @Public()
  @ApiOperation({ summary: 'Business time, which decides deadlines, and machine time' })
  serverTime(): ClockView {
    return this.clock.view();
  }

  @Get('home')
  @Roles('user')
  @ApiOperation({ summary: 'Instructions, contracts and results for one screen; `missing` names parts that are away' })
  async home(@BearerToken() token: string): Promise<Home & { readonly time: ClockView }> {
    const [instructions, enrolments, results] = await Promise.allSettled([
      this.upstream.ask({ owner: 'aggregator', path: '/v1/me/instructions', token }),
      this.upstream.ask({ owner: 'aggregator', path: '/v1/me/enrolments', token }),
      this.upstream.ask({ owner: 'settlement', path: '/v1/me/lines', token }),
    ]);
    return { time: this.clock.view(), ...composeHome({ instructions, enrolments, results }) };
  }

  @Get('trust')
  @Roles('user')
  @ApiOperation({ summary: 'Policy of the log and the keys that speak in it; a phone keeps what it sees first' })
  async trust(@BearerToken() token: string): Promise<object> {
    const [log, keys] = await Promise.all([
      this.upstream.ask({ owner: 'ledger', path: '/v1/log', token }),
      this.upstream.ask({ owner: 'ledger', path: '/v1/keys', token }),
    ]);
    return { ...asObject(log), ...asObject(keys) };
  }
}

function asObject(answer: unknown): object {
  return typeof answer === 'object' && answer !== null ? answer : {};
}
