import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { Roles } from '@gridpact/platform/auth';
import { granted, Idempotent } from '@gridpact/platform/http';
import { newClock, type NewClock } from './clock.schema.js';
import { ClockService, type ClockSetting } from './clock.service.js';

/** The sandbox clock; `GET /v1/clock` is the platform's. */
@Controller('v1/clock')
export class ClockController {
  constructor(private readonly clock: ClockService) {}

  @Post()
  @HttpCode(201)
  @Roles('operator')
  @Idempotent()
  async set(@Body({ schema: newClock }) body: NewClock): Promise<ClockSetting> {
    return granted(await this.clock.set(body), { not_a_sandbox: 403, revision_taken: 409 });
  }
}
