import { base64Text, objectId, opening } from '@gridpact/contracts';
import { Caller, Roles } from '@gridpact/platform/auth';
import { granted, Idempotent } from '@gridpact/platform/http';
import { disputeResolved } from '@gridpact/statement';
import { Body, Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { z } from 'zod';
import { ownOrAll } from '../whose.js';
import { DisputeService, type RaiseRefusal, type Ruling } from './dispute.service.js';
import { type Dispute, DisputeStore } from './dispute-store.js';

const sentDispute = z.strictObject({ entry: base64Text, opening });
const ruling = disputeResolved.pick({ outcome: true, reason: true });

const RAISE_STATUS: Readonly<Record<RaiseRefusal, number>> = {
  bad_statement: 422,
  bad_signature: 422,
  foreign_statement: 403,
  unknown_run: 404,
  unknown_line: 404,
  already_disputed: 409,
};

/** Disputes: raised by users about their own lines, ruled on by the power company. */
@Controller('v1')
export class DisputesController {
  constructor(
    private readonly service: DisputeService,
    private readonly disputes: DisputeStore,
    private readonly dataSource: DataSource,
  ) {}

  @Post('me/disputes')
  @HttpCode(202)
  @Roles('user')
  @Idempotent()
  async raise(
    @Body({ schema: sentDispute }) body: z.infer<typeof sentDispute>,
    @Caller() caller: Caller,
  ): Promise<{ statement: string; dispute: string }> {
    const entry = new Uint8Array(Buffer.from(body.entry, 'base64'));
    return granted(await this.service.raise(entry, body.opening, caller.party), RAISE_STATUS);
  }

  @Get('disputes')
  @Roles('operator', 'approver', 'regulator', 'aggregator', 'user', 'service')
  async list(@Caller() caller: Caller): Promise<{ disputes: Dispute[] }> {
    return { disputes: await this.disputes.list(this.dataSource, { party: ownOrAll(caller) }) };
  }

  @Post('disputes/:dispute/ruling')
  @HttpCode(201)
  @Roles('operator')
  @Idempotent()
  async rule(
    @Param('dispute', { schema: objectId }) dispute: string,
    @Body({ schema: ruling }) body: Ruling,
  ): Promise<Dispute> {
    return granted(await this.service.rule(dispute, body), { unknown_dispute: 404, already_ruled: 409 });
  }
}
