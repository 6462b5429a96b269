import { Caller, Roles } from '@gridpact/platform/auth';
import { granted } from '@gridpact/platform/http';
import { base64urlText } from '@gridpact/statement';
import { Body, Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { z } from 'zod';
import { STATUS } from '../http/refusal-status.js';
import type { Acknowledged } from '../statements/promises.js';
import { type SentStatement, sentStatement } from '../statements/word.js';
import { type Agreed, type EnrolmentView, EnrolmentsService, type UserSignature } from './enrolments.service.js';
import { OffersService } from './offers.service.js';

const userSignature = z.strictObject({ protected: base64urlText, signature: base64urlText });

/** A user's contracts and standing offers. */
@Controller('v1/me')
@Roles('user')
export class MyEnrolmentsController {
  constructor(
    private readonly enrolments: EnrolmentsService,
    private readonly offers: OffersService,
  ) {}

  @Get('enrolments')
  async list(@Caller() caller: Caller): Promise<{ enrolments: EnrolmentView[] }> {
    return { enrolments: await this.enrolments.list(caller.party) };
  }

  @Post('enrolments/:enrolment/signature')
  @HttpCode(200)
  async sign(
    @Param('enrolment') enrolment: string,
    @Body({ schema: userSignature }) signature: UserSignature,
    @Caller() caller: Caller,
  ): Promise<Agreed> {
    return granted(await this.enrolments.sign(caller.party, enrolment, signature), STATUS);
  }

  @Post('standing-offers')
  @HttpCode(202)
  async offer(@Body({ schema: sentStatement }) sent: SentStatement, @Caller() caller: Caller): Promise<Acknowledged> {
    return granted(await this.offers.take(caller.party, sent), STATUS);
  }
}
