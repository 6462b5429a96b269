import { setTimeout as delay } from 'node:timers/promises';
import { LOGGER } from '@gridpact/platform/app';
import type { Logger } from '@gridpact/platform/telemetry';
import { type BeforeApplicationShutdown, Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { KnownClock } from '../known-clock.js';
import { FrameBacklog } from './frame-backlog.js';
import { Sealer } from './sealer.js';

/** Machine time between two looks at the clock. */
const LOOK_EVERY_MS = 200;

/** Lets the sealer look at business time again and again; two instances take turns under its lock. */
@Injectable()
export class SealSchedule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;

  constructor(
    private readonly sealer: Sealer,
    private readonly backlog: FrameBacklog,
    private readonly clock: KnownClock,
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
        await this.look();
      } catch (error) {
        this.log.warn({ err: error }, 'series not sealed; trying again');
      }
      await delay(LOOK_EVERY_MS, undefined, { signal: this.stopping.signal }).catch(() => undefined);
    }
  }

  /** The instant is read before the backlog: what was acknowledged until then is in the series once it is drained. */
  private async look(): Promise<void> {
    const now = await this.clock.now();
    if (now === null || !(await this.sealer.isDue(now)) || !(await this.backlog.isDrained())) return;
    const sealed = await this.sealer.sealDue(now);
    if (sealed > 0) this.log.info({ sealed }, 'series sealed');
  }
}
