import { Body, Controller, HttpCode, Inject, Post } from '@nestjs/common';
import type { Outage } from '@gridpact/contracts';
import { BUSINESS_CLOCK } from '@gridpact/platform/app';
import { Roles } from '@gridpact/platform/auth';
import type { BusinessClock } from '@gridpact/platform/clock';
import { granted, Idempotent } from '@gridpact/platform/http';
import { outageFlagged, type BodyOf } from '@gridpact/statement';
import { openId } from '../program/program.schema.js';
import { OutageService } from './outage.service.js';

/** An outage of supply on a feeder, within an event. */
export const newOutage = outageFlagged.extend({ event: openId });

/** Outages: such intervals earn nothing and never serve as baseline. */
@Controller('v1/outages')
export class OutageController {
  constructor(
    private readonly service: OutageService,
    @Inject(BUSINESS_CLOCK) private readonly clock: BusinessClock,
  ) {}

  @Post()
  @HttpCode(201)
  @Roles('operator')
  @Idempotent()
  async flag(@Body({ schema: newOutage }) body: BodyOf<'outage.flagged'>): Promise<Outage> {
    const status = { unknown_event: 404, outage_empty: 422, outage_exists: 409 } as const;
    return granted(await this.service.flag(body, this.clock.now()), status);
  }
}
