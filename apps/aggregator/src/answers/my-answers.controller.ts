import { objectId } from '@gridpact/contracts';
import { formatInstant } from '@gridpact/kernel';
import { BUSINESS_CLOCK } from '@gridpact/platform/app';
import { Caller, Roles } from '@gridpact/platform/auth';
import type { BusinessClock } from '@gridpact/platform/clock';
import { granted } from '@gridpact/platform/http';
import { Body, Controller, Get, HttpCode, Inject, Post, Query } from '@nestjs/common';
import { z } from 'zod';
import { STATUS } from '../http/refusal-status.js';
import type { InstructionView } from '../instructions/instruction-store.js';
import type { Acknowledged } from '../statements/promises.js';
import { type SentStatement, sentStatement } from '../statements/word.js';
import { AnswersService } from './answers.service.js';
import { WithdrawalsService } from './withdrawals.service.js';

const filter = z.object({ event: objectId.optional() });

/** What a user is asked, and what it answers. */
@Controller('v1/me')
@Roles('user')
export class MyAnswersController {
  constructor(
    private readonly answers: AnswersService,
    private readonly withdrawals: WithdrawalsService,
    @Inject(BUSINESS_CLOCK) private readonly clock: BusinessClock,
  ) {}

  @Get('instructions')
  async instructions(
    @Query({ schema: filter }) { event }: z.infer<typeof filter>,
    @Caller() caller: Caller,
  ): Promise<{ now: string; instructions: InstructionView[] }> {
    const instructions = await this.answers.instructions(caller.party, event ?? null);
    return { now: formatInstant(this.clock.now()), instructions };
  }

  @Post('confirmations')
  @HttpCode(202)
  async confirm(@Body({ schema: sentStatement }) sent: SentStatement, @Caller() caller: Caller): Promise<Acknowledged> {
    return granted(await this.answers.confirm(caller.party, sent), STATUS);
  }

  @Post('withdrawals')
  @HttpCode(202)
  async withdraw(
    @Body({ schema: sentStatement }) sent: SentStatement,
    @Caller() caller: Caller,
  ): Promise<Acknowledged> {
    return granted(await this.withdrawals.withdraw(caller.party, sent), STATUS);
  }
}
