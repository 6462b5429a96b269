import { setTimeout as delay } from 'node:timers/promises';
import { BUSINESS_CLOCK, LOGGER, PG_POOL } from '@gridpact/platform/app';
import type { BusinessClock } from '@gridpact/platform/clock';
import type { Logger } from '@gridpact/platform/telemetry';
import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { Pool } from 'pg';
import { DueWork } from './due-work.js';

/** Pause between two looks at the clock, machine time. */
const TICK_MS = 250;
/** Advisory lock of the schedule (first key: this purpose, the platform's are 7401 and 7402; second: this schema). */
const SCHEDULE_LOCK = 7_404;

/** Looks at business time again and again, in one instance of the service only, and does what has come due. */
@Injectable()
export class Schedule implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();

  constructor(
    @Inject(PG_POOL) private readonly pool: Pool,
    private readonly work: DueWork,
    @Inject(BUSINESS_CLOCK) private readonly clock: BusinessClock,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.running = this.run();
  }

  async onModuleDestroy(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      await this.tick().catch((error: unknown) =>
        this.log.error({ err: error }, 'scheduled work failed; trying again'),
      );
      await delay(TICK_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  /** The lock lives in one transaction of a connection of its own, so that a killed process frees it at once. */
  private async tick(): Promise<void> {
    const client = await this.pool.connect();
    let broken: Error | undefined;
    try {
      await client.query('BEGIN');
      const { rows } = await client.query<{ mine: boolean }>(
        'SELECT pg_try_advisory_xact_lock($1, hashtext(current_schema())) AS mine',
        [SCHEDULE_LOCK],
      );
      if (rows[0]?.mine) await this.work.doDue(this.clock.now());
    } finally {
      broken = await client.query('ROLLBACK').then(
        () => undefined,
        (error: Error) => error,
      );
      client.release(broken);
    }
  }
}
