import { Body, Controller, Get, Inject, Post, UseFilters } from '@nestjs/common';
import { SERVICE_CONFIG } from '@gridpact/platform/app';
import { Caller, Public, Roles } from '@gridpact/platform/auth';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import type { MobileApiConfig } from './config.js';
import { BearerToken, type SentRegistration, sentRegistration } from './request-parts.js';
import { Upstream } from './upstream.js';
import { UpstreamAwayFilter } from './upstream-away.js';

const registered = z.object({ party: z.string(), statement: z.string() });

/** Keys of phones; identity is the registry. */
@ApiTags('device keys')
@UseFilters(UpstreamAwayFilter)
@Controller('mobile/v1/device-keys')
export class DeviceKeysController {
  constructor(
    private readonly upstream: Upstream,
    @Inject(SERVICE_CONFIG) private readonly config: MobileApiConfig,
  ) {}

  @Post()
  @Public()
  @ApiOperation({ summary: 'Registers the first key of a phone; `issuer` is where it gets its tokens from now on' })
  async register(
    @Body({ schema: sentRegistration }) body: SentRegistration,
  ): Promise<z.infer<typeof registered> & { issuer: string }> {
    const answer = await this.upstream.ask({ owner: 'identity', path: '/v1/registrations', body });
    return { ...registered.parse(answer), issuer: this.config.GRIDPACT_ISSUER };
  }

  @Get()
  @Roles('user')
  @ApiOperation({ summary: "The user's registration, with its place in the log once it is sealed" })
  registration(@Caller() { party }: Caller, @BearerToken() token: string): Promise<unknown> {
    return this.upstream.ask({ owner: 'identity', path: `/v1/registrations/${encodeURIComponent(party)}`, token });
  }
}
