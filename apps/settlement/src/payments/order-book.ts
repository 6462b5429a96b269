import { required } from '@gridpact/kernel';
import { submissionOf } from '@gridpact/platform/ledger-client';
import { Outbox } from '@gridpact/platform/outbox';
import { inTransaction } from '@gridpact/platform/postgres';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { POWER_COMPANY } from '../config.js';
import { DisputeStore } from '../disputes/dispute-store.js';
import type { Job } from '../jobs/job-store.js';
import type { PreviousRun } from '../runs/computed-run.js';
import { RunBook } from '../runs/run-book.js';
import type { OrderRound, SignedOrder } from './order-round.js';
import { OrderStore } from './order-store.js';

/** This service, as a reader of bodies. */
const SETTLEMENT = 'settlement';

/** Reads what orders follow from, and writes a round of them at once. */
@Injectable()
export class OrderBook {
  constructor(
    private readonly dataSource: DataSource,
    private readonly orders: OrderStore,
    private readonly runs: RunBook,
    private readonly disputes: DisputeStore,
    private readonly outbox: Outbox,
  ) {}

  /** The newest run of an event, with its lines. */
  newest(event: string): Promise<PreviousRun | undefined> {
    return this.runs.previous(event);
  }

  /** What was ordered so far, and which lines are frozen. */
  async state(event: string) {
    const ordered = await this.orders.ordered(this.dataSource, event);
    return { ordered, frozen: await this.disputes.frozenLines(this.dataSource, event) };
  }

  /** Saves a round, unless its job is gone or a dispute froze one of its lines meanwhile: then the job comes again. */
  async save(job: Job, { ordinal, plan, orders }: OrderRound): Promise<void> {
    await inTransaction(this.dataSource, async (tx) => {
      if (!(await this.runs.lock(tx, job))) return;
      const frozen = await this.disputes.frozenLines(tx, job.event);
      if (plan.lines.some(({ line }) => frozen.has(line))) return;
      for (const order of orders) await this.write(tx, order);
      await this.orders.cover(tx, job.event, ordinal, plan.lines);
      await this.runs.end(tx, job);
    });
  }

  private async write(tx: EntityManager, { stored, batch, statement }: SignedOrder): Promise<void> {
    await this.orders.insert(tx, stored, batch.openings);
    const opening = required(statement.opening, 'opening of the order');
    const payees = stored.payer === POWER_COMPANY ? batch.openings.map(({ item }) => item.payee) : [];
    const audience = [stored.payer, SETTLEMENT, ...payees];
    await this.outbox.add(tx, submissionOf(statement.entry, { opening, audience }));
  }
}
