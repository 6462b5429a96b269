import { topics, type LedgerRefusal, type Receipt } from '@gridpact/contracts';
import { LOGGER } from '@gridpact/platform/app';
import type { KafkaBatch } from '@gridpact/platform/kafka';
import { inTransaction } from '@gridpact/platform/postgres';
import type { Logger } from '@gridpact/platform/telemetry';
import { Controller, Inject } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { DataSource } from 'typeorm';
import { DisputeStore } from '../disputes/dispute-store.js';
import { AwaitedStore } from '../sources/awaited-store.js';
import { SealStore } from './seal-store.js';

/** Families of statements whose sealing matters here: what runs read, and what this service says. */
const FOLLOWED = /^(telemetry|curtailment|outage|settlement|dispute|payment)\./;

/** Listens to what the ledger says of statements. */
@Controller()
export class SealMessages {
  constructor(
    private readonly dataSource: DataSource,
    private readonly seals: SealStore,
    private readonly awaited: AwaitedStore,
    private readonly disputes: DisputeStore,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  @EventPattern<string>(topics.receipt.name)
  async onReceipts(@Payload() batch: KafkaBatch<Receipt>): Promise<void> {
    const receipts = batch.messages.map(({ value }) => value).filter(({ type }) => FOLLOWED.test(type));
    await inTransaction(this.dataSource, (tx) => this.seals.noteSealed(tx, receipts));
  }

  /** A refused commitment or answer is waited for no longer; a refused dispute freezes nothing. */
  @EventPattern<string>(topics.refusal.name)
  async onRefusals(@Payload() batch: KafkaBatch<LedgerRefusal>): Promise<void> {
    const refused = batch.messages.map(({ value }) => value.statement);
    const dropped = await inTransaction(this.dataSource, async (tx) => {
      await this.awaited.noteRefused(tx, refused);
      return this.disputes.noteRefused(tx, refused);
    });
    for (const dispute of dropped) this.log.warn({ dispute }, 'the ledger refused a dispute');
  }
}
