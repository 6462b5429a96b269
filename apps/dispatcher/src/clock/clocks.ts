import { Inject, Injectable } from '@nestjs/common';
import { BUSINESS_CLOCK, MACHINE_CLOCK } from '@gridpact/platform/app';
import type { BusinessClock, MachineClock } from '@gridpact/platform/clock';

/** The two clocks of a service. */
@Injectable()
export class Clocks {
  constructor(
    @Inject(BUSINESS_CLOCK) readonly business: BusinessClock,
    @Inject(MACHINE_CLOCK) readonly machine: MachineClock,
  ) {}
}
