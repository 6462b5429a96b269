import { Body, Controller, Get, HttpCode, Param, Post, UseFilters } from '@nestjs/common';
import { Roles } from '@gridpact/platform/auth';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import {
  BearerToken,
  IdempotencyKey,
  type SentSignature,
  type SentStatement,
  idParameter,
  sentSignature,
  sentStatement,
} from './request-parts.js';
import { Upstream } from './upstream.js';
import { UpstreamAwayFilter } from './upstream-away.js';

/** Contracts between user and aggregator, and the limits within which the aggregator may answer. */
@ApiTags('enrolments')
@Roles('user')
@UseFilters(UpstreamAwayFilter)
@Controller('mobile/v1')
export class EnrolmentsController {
  constructor(private readonly upstream: Upstream) {}

  @Get('enrolments')
  @ApiOperation({ summary: 'Contracts of the user: drafts to sign, and signed ones' })
  enrolments(@BearerToken() token: string): Promise<unknown> {
    return this.upstream.ask({ owner: 'aggregator', path: '/v1/me/enrolments', token });
  }

  @Post('enrolments/:id/signature')
  @HttpCode(200)
  @ApiOperation({ summary: "Puts the user's signature under a contract" })
  sign(
    @Param('id', { schema: idParameter }) id: string,
    @Body({ schema: sentSignature }) body: SentSignature,
    @BearerToken() token: string,
    @IdempotencyKey() idempotencyKey: string | undefined,
  ): Promise<unknown> {
    const path = `/v1/me/enrolments/${encodeURIComponent(id)}/signature`;
    return this.upstream.ask({ owner: 'aggregator', path, token, body, idempotencyKey });
  }

  @Post('standing-offers')
  @HttpCode(202)
  @ApiOperation({ summary: 'Takes a standing offer signed by the phone' })
  offer(
    @Body({ schema: sentStatement }) body: SentStatement,
    @BearerToken() token: string,
    @IdempotencyKey() idempotencyKey: string | undefined,
  ): Promise<unknown> {
    const path = '/v1/me/standing-offers';
    return this.upstream.ask({ owner: 'aggregator', path, token, body, idempotencyKey });
  }
}
