import { submissionOf } from '@gridpact/platform/ledger-client';
import { Outbox } from '@gridpact/platform/outbox';
import { inTransaction } from '@gridpact/platform/postgres';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { type Job, JobStore } from '../jobs/job-store.js';
import type { PreviousRun } from './computed-run.js';
import { RunStore } from './run-store.js';
import { type SignedRun, resultMessage } from './run-message.js';

/** Writes runs: all that a run changes commits in one transaction, together with the end of its job. */
@Injectable()
export class RunBook {
  constructor(
    private readonly dataSource: DataSource,
    private readonly runs: RunStore,
    private readonly jobs: JobStore,
    private readonly outbox: Outbox,
  ) {}

  /** The newest run of an event, with its lines. */
  async previous(event: string): Promise<PreviousRun | undefined> {
    const newest = (await this.runs.ofEvent(this.dataSource, event)).at(-1);
    if (!newest) return undefined;
    const lines = await this.runs.lines(this.dataSource, { event, run: newest.run });
    return { ...newest, lines: lines.map(({ opening }) => opening.item) };
  }

  /** Locks a job within a transaction; false once it is gone, or was asked for again since it began. */
  async lock(tx: EntityManager, job: Job): Promise<boolean> {
    return (await this.jobs.lock(tx, job))?.revision === job.revision;
  }

  /** Ends a job within the transaction of its effect. */
  async end(tx: EntityManager, job: Job): Promise<void> {
    await this.jobs.finish(tx, job);
  }

  /** Ends a job that has nothing to write. */
  async finish(job: Job): Promise<void> {
    await inTransaction(this.dataSource, (tx) => this.jobs.finish(tx, job));
  }

  /** Saves a run, unless its job is gone (dropped with its event, or done by another process) or comes again. */
  async save(job: Job, signed: SignedRun): Promise<void> {
    await inTransaction(this.dataSource, async (tx) => {
      if (!(await this.lock(tx, job))) return;
      await this.runs.insert(tx, signed.stored, signed.batch.openings);
      await this.runs.post(tx, signed.stored, signed.computed.journal);
      await this.outbox.add(tx, submissionOf(signed.statement.entry, { audience: [] }));
      await this.outbox.add(tx, resultMessage(signed.stored));
      await this.order(tx, signed);
      await this.jobs.finish(tx, job);
    });
  }

  /** Money is ordered on the final run, and again after each run that follows it. */
  private async order(tx: EntityManager, { stored }: SignedRun): Promise<void> {
    const runs = await this.runs.ofEvent(tx, stored.event);
    if (runs.some(({ kind }) => kind === 'FINAL'))
      await this.jobs.request(tx, stored.event, 'ORDER', `run ${stored.run}`);
  }
}
