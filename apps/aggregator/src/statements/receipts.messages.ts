import { type LedgerRefusal, type Receipt, topics } from '@gridpact/contracts';
import { MACHINE_CLOCK, LOGGER } from '@gridpact/platform/app';
import type { MachineClock } from '@gridpact/platform/clock';
import type { KafkaBatch } from '@gridpact/platform/kafka';
import { inTransaction } from '@gridpact/platform/postgres';
import { type Logger, metrics } from '@gridpact/platform/telemetry';
import { Controller, Inject } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { Histogram } from 'prom-client';
import { DataSource } from 'typeorm';
import { asTenant } from '../tenancy/scope.js';
import { noteReceipts, noteRefusal, tenantsOf } from './receipt-store.js';

const MS_PER_SECOND = 1000;

/** Machine time from taking a statement to its receipt, by type: for confirmations, what a user waits for proof. */
const receiptDelay = new Histogram({
  name: 'gridpact_statement_receipt_seconds',
  help: 'Time from taking or signing a statement to its receipt from the ledger',
  labelNames: ['type'] as const,
  buckets: [0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60],
  registers: [metrics],
});

/** What the ledger says about statements that passed through here; those of others are left alone. */
@Controller()
export class ReceiptMessages {
  constructor(
    private readonly source: DataSource,
    @Inject(MACHINE_CLOCK) private readonly clock: MachineClock,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  @EventPattern<string>(topics.receipt.name)
  async onReceipts(@Payload() batch: KafkaBatch<Receipt>): Promise<void> {
    for (const [tenant, receipts] of await this.byTenant(batch)) {
      const noted = await asTenant(this.source, tenant, (tx) => noteReceipts(tx, receipts));
      const now = this.clock.now();
      for (const { type, takenAt } of noted) receiptDelay.observe({ type }, (now - takenAt.getTime()) / MS_PER_SECOND);
    }
  }

  @EventPattern<string>(topics.refusal.name)
  async onRefusals(@Payload() batch: KafkaBatch<LedgerRefusal>): Promise<void> {
    for (const [tenant, refusals] of await this.byTenant(batch)) {
      await asTenant(this.source, tenant, async (tx) => {
        for (const refusal of refusals) await noteRefusal(tx, refusal);
      });
      for (const { statement, code } of refusals) this.log.error({ statement, code, tenant }, 'the ledger refused');
    }
  }

  private async byTenant<T extends { statement: string }>(batch: KafkaBatch<T>): Promise<Map<string, T[]>> {
    const values = batch.messages.map(({ value }) => value);
    const tenants = await inTransaction(this.source, (tx) =>
      tenantsOf(
        tx,
        values.map(({ statement }) => statement),
      ),
    );
    return Map.groupBy(
      values.filter(({ statement }) => tenants.has(statement)),
      ({ statement }) => tenants.get(statement) ?? '',
    );
  }
}
