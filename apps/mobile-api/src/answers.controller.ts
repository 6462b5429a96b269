import { Body, Controller, Get, HttpCode, Param, Post, Query, UseFilters } from '@nestjs/common';
import { Roles } from '@gridpact/platform/auth';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import {
  BearerToken,
  IdempotencyKey,
  type InstructionFilter,
  type SentStatement,
  instructionFilter,
  leafHashParameter,
  sentStatement,
} from './request-parts.js';
import { Upstream } from './upstream.js';
import { UpstreamAwayFilter } from './upstream-away.js';

/** What is asked of the user's sites, and what the user answers. */
@ApiTags('answers')
@Roles('user')
@UseFilters(UpstreamAwayFilter)
@Controller('mobile/v1')
export class AnswersController {
  constructor(private readonly upstream: Upstream) {}

  @Get('instructions')
  @ApiOperation({ summary: "Instructions for the user's sites, each with the answer that stands" })
  instructions(
    @Query({ schema: instructionFilter }) { event }: InstructionFilter,
    @BearerToken() token: string,
  ): Promise<unknown> {
    const filter = event === undefined ? '' : `?event=${encodeURIComponent(event)}`;
    return this.upstream.ask({ owner: 'aggregator', path: `/v1/me/instructions${filter}`, token });
  }

  @Post('confirmations')
  @HttpCode(202)
  @ApiOperation({ summary: 'Takes an answer signed by the phone; the signed promise comes back at once' })
  confirm(
    @Body({ schema: sentStatement }) body: SentStatement,
    @BearerToken() token: string,
    @IdempotencyKey() idempotencyKey: string | undefined,
  ): Promise<unknown> {
    const path = '/v1/me/confirmations';
    return this.upstream.ask({ owner: 'aggregator', path, token, body, idempotencyKey });
  }

  @Post('withdrawals')
  @HttpCode(202)
  @ApiOperation({ summary: 'Takes a withdrawal from a running event, signed by the phone' })
  withdraw(
    @Body({ schema: sentStatement }) body: SentStatement,
    @BearerToken() token: string,
    @IdempotencyKey() idempotencyKey: string | undefined,
  ): Promise<unknown> {
    const path = '/v1/me/withdrawals';
    return this.upstream.ask({ owner: 'aggregator', path, token, body, idempotencyKey });
  }

  @Get('receipts/:leafHash')
  @ApiOperation({ summary: 'Receipt (tlog-proof) of a statement of the user, once it is sealed' })
  receipt(
    @Param('leafHash', { schema: leafHashParameter }) leafHash: string,
    @BearerToken() token: string,
  ): Promise<unknown> {
    return this.upstream.ask({ owner: 'aggregator', path: `/v1/me/receipts/${leafHash}`, token });
  }
}
