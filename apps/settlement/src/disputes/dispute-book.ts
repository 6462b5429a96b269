import { type Instant, type Result, ok, refuse, required } from '@gridpact/kernel';
import { submissionOf } from '@gridpact/platform/ledger-client';
import { Outbox } from '@gridpact/platform/outbox';
import type { BodyOf, Opening, Statement } from '@gridpact/statement';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { POWER_COMPANY } from '../config.js';
import { JobStore } from '../jobs/job-store.js';
import { RunStore } from '../runs/run-store.js';
import { type Dispute, DisputeStore } from './dispute-store.js';

/** This service, as a reader of bodies. */
const SETTLEMENT = 'settlement';

type Contested = Pick<Dispute, 'event' | 'run' | 'line' | 'aggregator' | 'user'>;
type NewDispute = Omit<Dispute, 'state' | 'rulingReason' | 'rulingStatement'>;

/** Writes disputes and rulings, with their submission to the ledger. */
@Injectable()
export class DisputeBook {
  constructor(
    private readonly dataSource: DataSource,
    private readonly disputes: DisputeStore,
    private readonly runs: RunStore,
    private readonly jobs: JobStore,
    private readonly outbox: Outbox,
  ) {}

  /** The user's own line of the run that a dispute names; a foreign line is as unknown as one that is not. */
  async contested(
    { event, settlement, site }: BodyOf<'dispute.raised'>,
    user: string,
  ): Promise<Result<Contested, 'unknown_run' | 'unknown_line'>> {
    const run = (await this.runs.ofEvent(this.dataSource, event)).find(({ statement }) => statement === settlement);
    if (!run) return refuse('unknown_run', `event ${event} has no run ${settlement}`);
    const lines = await this.runs.lines(this.dataSource, { event, run: run.run, party: user });
    const line = lines.map(({ opening }) => opening.item).find((item) => item.site === site && item.user === user);
    if (!line) return refuse('unknown_line', `run ${run.run} has no line of yours for site ${site}`);
    return ok({ event, run: run.run, line: line.line, aggregator: line.aggregator, user });
  }

  byId(dispute: string): Promise<Dispute | undefined> {
    return this.disputes.byId(this.dataSource, dispute);
  }

  /** Stores a dispute and hands it to the ledger; false when its line is under dispute already. */
  async open(
    tx: EntityManager,
    dispute: NewDispute,
    { entry, opening, at }: { entry: Uint8Array; opening: Opening; at: Instant },
  ): Promise<boolean> {
    if (!(await this.disputes.insert(tx, dispute, at))) return false;
    await this.outbox.add(tx, submissionOf(entry, { opening, audience: audienceOf(dispute) }));
    return true;
  }

  /** Stores a ruling and hands it to the ledger; the line's money is ordered from now on, where any is. */
  async close(
    tx: EntityManager,
    dispute: Dispute,
    { outcome, reason, statement }: { outcome: 'upheld' | 'rejected'; reason: string; statement: Statement },
  ): Promise<boolean> {
    const ruling = { state: outcome, reason, statement: statement.leafHash };
    if (!(await this.disputes.rule(tx, dispute.dispute, ruling))) return false;
    const opening = required(statement.opening, 'opening of the ruling');
    await this.outbox.add(tx, submissionOf(statement.entry, { opening, audience: audienceOf(dispute) }));
    const runs = await this.runs.ofEvent(tx, dispute.event);
    if (runs.some(({ kind }) => kind === 'FINAL'))
      await this.jobs.request(tx, dispute.event, 'ORDER', `dispute ${dispute.dispute} ruled`);
    return true;
  }

  /** The dispute as it is within a transaction. */
  async now(tx: EntityManager, dispute: string): Promise<Dispute> {
    return required(await this.disputes.byId(tx, dispute), 'the dispute that was ruled on');
  }
}

function audienceOf({ user, aggregator }: Pick<Dispute, 'user' | 'aggregator'>): string[] {
  return [user, aggregator, POWER_COMPANY, SETTLEMENT];
}
