import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { LOGGER, PG_POOL } from '@gridpact/platform/app';
import type { Logger } from '@gridpact/platform/telemetry';
import type { Pool, PoolClient } from 'pg';
import { CurrentClock } from '../clock/current-clock.js';
import { EventClockwork } from './event-clockwork.js';

/** Machine time between two looks at the clock. */
const LOOK_EVERY_MS = 100;
/** Advisory lock that keeps two dispatchers from doing the same work; doing it twice would be harmless, only wasteful. */
const SCHEDULER_LOCK = 7_403;

/** Looks at business time again and again, and lets the clockwork do what has fallen due. */
@Injectable()
export class Scheduler implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;

  constructor(
    private readonly clock: CurrentClock,
    private readonly clockwork: EventClockwork,
    @Inject(PG_POOL) private readonly pool: Pool,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.running = this.run();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  /** One look; gives the number of steps taken, none when another dispatcher is looking or the clock is not known. */
  async look(): Promise<number> {
    const now = await this.clock.now();
    if (now === null) return 0;
    return this.alone(() =>
      this.clockwork.turn(now, (event, error) => this.log.error({ err: error, event }, 'step failed; tried again')),
    );
  }

  private async run(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      try {
        while ((await this.look()) > 0) if (this.stopping.signal.aborted) return;
      } catch (error) {
        this.log.warn({ err: error }, 'scheduler cannot look; trying again');
      }
      await delay(LOOK_EVERY_MS, undefined, { signal: this.stopping.signal }).catch(() => undefined);
    }
  }

  private async alone(work: () => Promise<number>): Promise<number> {
    const client = await this.pool.connect();
    let broken: Error | undefined;
    try {
      return (await lock(client)) ? await work() : 0;
    } finally {
      broken = await unlock(client);
      client.release(broken);
    }
  }
}

async function lock(client: PoolClient): Promise<boolean> {
  const sql = 'SELECT pg_try_advisory_lock($1, hashtext(current_schema())) AS held';
  const { rows } = await client.query<{ held: boolean }>(sql, [SCHEDULER_LOCK]);
  return rows[0]?.held === true;
}

/** Frees whatever this session holds; a session that cannot is closed, which frees it too. */
async function unlock(client: PoolClient): Promise<Error | undefined> {
  return client.query('SELECT pg_advisory_unlock_all()').then(
    () => undefined,
    (error: Error) => error,
  );
}
