import { Controller, Inject } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { topics, type LedgerRefusal, type Receipt } from '@gridpact/contracts';
import { LOGGER } from '@gridpact/platform/app';
import type { KafkaBatch } from '@gridpact/platform/kafka';
import { inTransaction } from '@gridpact/platform/postgres';
import type { Logger } from '@gridpact/platform/telemetry';
import { DataSource } from 'typeorm';
import { SealStore } from './seal-store.js';

/** Types whose place in the log matters here: nominations (ties in clearing), and what this service says itself. */
const FOLLOWED: readonly string[] = [
  'clock.set',
  'program.published',
  'event.announced',
  'event.cancelled',
  'nomination.committed',
  'nomination.revealed',
  'clearing.computed',
  'award.issued',
  'outage.flagged',
  'dispatch.sent',
];

/** Listens to what the ledger says of statements. */
@Controller()
export class SealMessages {
  constructor(
    private readonly dataSource: DataSource,
    private readonly seals: SealStore,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  @EventPattern<string>(topics.receipt.name)
  async onReceipts(@Payload() batch: KafkaBatch<Receipt>): Promise<void> {
    const receipts = batch.messages.map(({ value }) => value).filter(({ type }) => FOLLOWED.includes(type));
    await inTransaction(this.dataSource, (tx) => this.seals.noteSealed(tx, receipts));
  }

  @EventPattern<string>(topics.refusal.name)
  async onRefusals(@Payload() batch: KafkaBatch<LedgerRefusal>): Promise<void> {
    const refusals = batch.messages.map(({ value }) => value);
    const noted = await inTransaction(this.dataSource, (tx) => this.seals.noteRefused(tx, refusals));
    for (const refusal of refusals.filter(({ statement }) => noted.includes(statement))) {
      this.log.error(refusal, 'the ledger refused a statement of this service');
    }
  }
}
