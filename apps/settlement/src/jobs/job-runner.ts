import { setTimeout as delay } from 'node:timers/promises';
import { LOGGER, PG_POOL } from '@gridpact/platform/app';
import type { Logger } from '@gridpact/platform/telemetry';
import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import type { Pool, PoolClient } from 'pg';
import { DataSource } from 'typeorm';
import { type Job, JobStore } from './job-store.js';
import { JobWork } from './job-work.js';

/** Machine time between two looks for work. */
const LOOK_EVERY_MS = 150;
/** First and longest wait before a job is tried again; what only waits for seals is looked at more often. */
const FIRST_RETRY_MS = 250;
const LONGEST_RETRY_MS = 30_000;
const LONGEST_WAIT_MS = 1000;
/** Advisory lock space of events: one job per event at a time, whoever runs it. */
const EVENT_LOCK = 7_406;

/** Takes jobs that are due, one per event at a time, and postpones those that cannot end yet. */
@Injectable()
export class JobRunner implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;

  constructor(
    private readonly dataSource: DataSource,
    private readonly jobs: JobStore,
    @Inject(PG_POOL) private readonly pool: Pool,
    @Inject(LOGGER) private readonly log: Logger,
    private readonly work: JobWork,
  ) {}

  onApplicationBootstrap(): void {
    this.running = this.run();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  /** Tries every job that is due; gives the number that ended. */
  async look(): Promise<number> {
    let ended = 0;
    for (const job of await this.jobs.due(this.dataSource)) {
      if (this.stopping.signal.aborted) break;
      if (await this.alone(job.event, () => this.attempt(job))) ended += 1;
    }
    return ended;
  }

  private async attempt(job: Job): Promise<boolean> {
    try {
      const outcome = await this.work.of(job);
      if (outcome.ok) return true;
      const { code, detail } = outcome.refusal;
      const longest = code === 'not_sealed_yet' ? LONGEST_WAIT_MS : LONGEST_RETRY_MS;
      if (code !== job.code) this.log.warn({ event: job.event, kind: job.kind, code, detail }, 'job cannot end yet');
      await this.postpone(job, code, detail, longest);
    } catch (error) {
      this.log.error({ err: error, event: job.event, kind: job.kind }, 'job failed; tried again');
      await this.postpone(job, 'failed', error instanceof Error ? error.message : String(error), LONGEST_WAIT_MS * 5);
    }
    return false;
  }

  private postpone(job: Job, code: string, detail: string, longestMs: number): Promise<void> {
    const wait = Math.min(FIRST_RETRY_MS * 2 ** Math.min(job.tries, 20), longestMs);
    return this.jobs.postpone(this.dataSource, job, code, detail, wait);
  }

  private async run(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      await this.look().catch((error: unknown) => this.log.warn({ err: error }, 'cannot look for work; trying again'));
      await delay(LOOK_EVERY_MS, undefined, { signal: this.stopping.signal }).catch(() => undefined);
    }
  }

  private async alone(event: string, work: () => Promise<boolean>): Promise<boolean> {
    const client = await this.pool.connect();
    let broken: Error | undefined;
    try {
      return (await lock(client, event)) ? await work() : false;
    } finally {
      broken = await unlock(client);
      client.release(broken);
    }
  }
}

async function lock(client: PoolClient, event: string): Promise<boolean> {
  const sql = `SELECT pg_try_advisory_lock($1, hashtext(current_schema() || ' ' || $2)) AS held`;
  const { rows } = await client.query<{ held: boolean }>(sql, [EVENT_LOCK, event]);
  return rows[0]?.held === true;
}

/** Frees whatever this session holds; a session that cannot is closed, which frees it too. */
async function unlock(client: PoolClient): Promise<Error | undefined> {
  return client.query('SELECT pg_advisory_unlock_all()').then(
    () => undefined,
    (error: Error) => error,
  );
}
