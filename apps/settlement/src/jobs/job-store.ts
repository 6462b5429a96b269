import type { Committed } from '@gridpact/contracts';
import { rows, type Transaction } from '@gridpact/platform/postgres';
import { Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';

/** Work on an event: a run (the first, or a true-up), the final run, payment orders. Each kind waits at most once. */
export interface Job {
  readonly event: string;
  readonly kind: 'RUN' | 'FINAL' | 'ORDER';
  readonly cause: string;
  /** Moves when the job is asked for again while it runs, which then runs it again. */
  readonly revision: number;
  readonly tries: number;
  /** Why it did not end yet. */
  readonly code: string | null;
  readonly detail: string | null;
}

/** Corrections that arrive within this time are settled by one run. */
const QUIET_MS = 1000;
const MAX_DUE = 50;
const COLUMNS = 'event, kind, cause, revision, tries, code, detail';

/** Jobs that wait or run. They survive the process: whatever was not committed is done again. */
@Injectable()
export class JobStore {
  /** Asks for the first run of an event, unless it has one, was cancelled, or the job waits. */
  async requestFirst(tx: Transaction, event: string): Promise<void> {
    await rows(
      tx,
      `INSERT INTO settlement_job (event, kind, cause) SELECT $1, 'RUN', 'event window committed'
       WHERE NOT EXISTS (SELECT FROM settlement_run WHERE event = $1)
         AND NOT EXISTS (SELECT FROM dr_event WHERE event = $1 AND state = 'cancelled')
       ON CONFLICT DO NOTHING`,
      [event],
    );
  }

  /** Asks for a true-up of every event whose runs read what a correction corrects. */
  async requestCorrection(tx: Transaction, { event, from, to }: Committed): Promise<void> {
    const touched = await rows<{ event: string }>(
      tx,
      `SELECT event FROM settlement_job WHERE $1::text IS NULL OR event = $1
       UNION
       SELECT event FROM settlement_run WHERE event = $1 OR $1 IS NULL AND starts_at < $3 AND ends_at > $2`,
      [event, from, to],
    );
    for (const one of touched) await this.requestAgain(tx, one.event, 'corrected reading');
  }

  /** Asks for a true-up where a run was made or is under way; one that has not begun reads everything anyway. */
  async requestAgain(tx: Transaction, event: string, cause: string): Promise<void> {
    await rows(
      tx,
      `INSERT INTO settlement_job (event, kind, cause, not_before)
       SELECT $1, 'RUN', $2, now() + $3 * interval '1 millisecond'
       WHERE EXISTS (SELECT FROM settlement_run WHERE event = $1)
          OR EXISTS (SELECT FROM settlement_job WHERE event = $1 AND kind = 'RUN')
       ON CONFLICT (event, kind) DO UPDATE
       SET revision = settlement_job.revision + 1, cause = EXCLUDED.cause, tries = 0, not_before = EXCLUDED.not_before`,
      [event, cause, QUIET_MS],
    );
  }

  /** Asks for the final run or for payment orders. */
  async request(tx: Transaction, event: string, kind: 'FINAL' | 'ORDER', cause: string): Promise<void> {
    await rows(
      tx,
      `INSERT INTO settlement_job (event, kind, cause) VALUES ($1, $2, $3)
       ON CONFLICT (event, kind) DO UPDATE SET revision = settlement_job.revision + 1, tries = 0, not_before = now()`,
      [event, kind, cause],
    );
  }

  /** Jobs that may be tried now, runs before orders; a final run comes after the run that waits before it. */
  async due(db: DataSource): Promise<Job[]> {
    return rows<Job>(
      db,
      `SELECT ${COLUMNS} FROM settlement_job AS job WHERE not_before <= now()
         AND NOT (kind = 'FINAL'
           AND EXISTS (SELECT FROM settlement_job AS run WHERE run.event = job.event AND run.kind = 'RUN'))
       ORDER BY array_position(ARRAY['RUN', 'FINAL', 'ORDER'], kind), not_before LIMIT ${MAX_DUE}`,
    );
  }

  /** Jobs of one event. */
  async ofEvent(db: DataSource, event: string): Promise<Job[]> {
    return rows<Job>(db, `SELECT ${COLUMNS} FROM settlement_job WHERE event = $1 ORDER BY kind DESC`, [event]);
  }

  /** The job as it is now, locked; undefined once it is gone. */
  async lock(tx: Transaction, { event, kind }: Job): Promise<Job | undefined> {
    const sql = `SELECT ${COLUMNS} FROM settlement_job WHERE event = $1 AND kind = $2 FOR UPDATE`;
    return (await rows<Job>(tx, sql, [event, kind]))[0];
  }

  /** Ends a job in the transaction of its effect; one that was asked for again meanwhile stays. */
  async finish(tx: Transaction, { event, kind, revision }: Job): Promise<void> {
    const sql = 'DELETE FROM settlement_job WHERE event = $1 AND kind = $2 AND revision = $3';
    await rows(tx, sql, [event, kind, revision]);
  }

  /** Notes why a job did not end, and when it is tried again. */
  async postpone(db: DataSource, { event, kind }: Job, code: string, detail: string, delayMs: number): Promise<void> {
    await rows(
      db,
      `UPDATE settlement_job SET code = $3, detail = $4, tries = tries + 1,
         not_before = greatest(not_before, now() + $5 * interval '1 millisecond')
       WHERE event = $1 AND kind = $2`,
      [event, kind, code, detail.slice(0, 1000), delayMs],
    );
  }

  /** Drops all work on a cancelled event. */
  async drop(tx: Transaction, event: string): Promise<void> {
    await rows(tx, 'DELETE FROM settlement_job WHERE event = $1', [event]);
  }
}
