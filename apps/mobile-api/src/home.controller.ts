import { Controller, Get, UseFilters } from '@nestjs/common';
import { Public, Roles } from '@gridpact/platform/auth';
import { type ClockView, MappedClock } from '@gridpact/platform/clock';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
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
  @Public()
  @ApiOperation({ summary: 'Policy of the log and the keys that speak in it; a phone keeps what it sees first' })
  async trust(): Promise<Trust> {
    const [log, policy, keys] = await Promise.all([
      this.upstream.ask({ owner: 'ledger', path: '/v1/log' }),
      this.upstream.text({ owner: 'ledger', path: '/v1/policy' }),
      this.upstream.ask({ owner: 'ledger', path: '/v1/keys' }),
    ]);
    const speaking = keysAnswer.parse(keys).keys.filter(({ role }) => !PRIVATE_ROLES.has(role));
    return { ...logAnswer.parse(log), policy, keys: speaking };
  }
}

const logAnswer = z.object({ origin: z.string() });
const keysAnswer = z.object({ keys: z.array(z.looseObject({ role: z.string() })) });
/** Keys of other users and of devices promise nothing to a phone, and there are very many of them. */
const PRIVATE_ROLES: ReadonlySet<string> = new Set(['user', 'device']);

/** What a phone holds the log to; all of it is public in the log. */
interface Trust {
  readonly origin: string;
  /** C2SP tlog-policy text. */
  readonly policy: string;
  readonly keys: readonly unknown[];
}
