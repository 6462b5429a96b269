import { Body, Controller, Get, HttpCode, Param, Post, Req, StreamableFile, UseFilters } from '@nestjs/common';
import { Roles } from '@gridpact/platform/auth';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { BearerToken, IdempotencyKey, type SentStatement, idParameter, sentStatement } from './request-parts.js';
import { Upstream } from './upstream.js';
import { UpstreamAwayFilter } from './upstream-away.js';

/** What the user earned, how to contest it, and what proves it. */
@ApiTags('results')
@Roles('user')
@UseFilters(UpstreamAwayFilter)
@Controller('mobile/v1')
export class ResultsController {
  constructor(private readonly upstream: Upstream) {}

  @Get('results')
  @ApiOperation({ summary: "The user's lines of settlement runs" })
  results(@BearerToken() token: string): Promise<unknown> {
    return this.upstream.ask({ owner: 'settlement', path: '/v1/me/lines', token });
  }

  @Post('disputes')
  @HttpCode(202)
  @ApiOperation({ summary: 'Takes a dispute signed by the phone' })
  dispute(
    @Body({ schema: sentStatement }) body: SentStatement,
    @BearerToken() token: string,
    @IdempotencyKey() idempotencyKey: string | undefined,
  ): Promise<unknown> {
    const path = '/v1/me/disputes';
    return this.upstream.ask({ owner: 'settlement', path, token, body, idempotencyKey });
  }

  @Get('events/:event/dossier')
  @ApiOperation({ summary: "The user's cut of an event's dossier, for checking offline" })
  async dossier(
    @Param('event', { schema: idParameter }) event: string,
    @BearerToken() token: string,
    @Req() request: FastifyRequest,
  ): Promise<StreamableFile> {
    const gone = new AbortController();
    request.raw.once('close', () => gone.abort());
    const path = `/v1/events/${encodeURIComponent(event)}/dossier`;
    const { content, type, disposition } = await this.upstream.stream(
      { owner: 'settlement', path, token },
      gone.signal,
    );
    return new StreamableFile(content, { type, disposition });
  }
}
