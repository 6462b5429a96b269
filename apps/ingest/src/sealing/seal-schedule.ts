import { setTimeout as delay } from 'node:timers/promises';
import { BUSINESS_CLOCK, LOGGER } from '@gridpact/platform/app';
import type { BusinessClock } from '@gridpact/platform/clock';
import type { Logger } from '@gridpact/platform/telemetry';
import { type BeforeApplicationShutdown, Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Sealer } from './sealer.js';

/** Machine time between two looks at the clock. */
const LOOK_EVERY_MS = 250;

/** Lets the sealer look at business time again and again; two instances take turns under its lock. */
@Injectable()
export class SealSchedule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;

  constructor(
    private readonly sealer: Sealer,
    @Inject(BUSINESS_CLOCK) private readonly clock: BusinessClock,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.running = this.run();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      try {
        const sealed = await this.sealer.sealDue(this.clock.now());
        if (sealed > 0) this.log.info({ sealed }, 'series sealed');
      } catch (error) {
        this.log.warn({ err: error }, 'series not sealed; trying again');
      }
      await delay(LOOK_EVERY_MS, undefined, { signal: this.stopping.signal }).catch(() => undefined);
    }
  }
}
