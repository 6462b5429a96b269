import { Controller, Inject } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { type LedgerRefusal, type Receipt, topics } from '@gridpact/contracts';
import { LOGGER, PG_POOL } from '@gridpact/platform/app';
import type { KafkaBatch } from '@gridpact/platform/kafka';
import type { Logger } from '@gridpact/platform/telemetry';
import type { Pool } from 'pg';
import { noteRefused, noteSealed } from './registration-store.js';

/** What became of registrations in the log. Every update sets the same values again, so a replay changes nothing. */
@Controller()
export class RegistryMessages {
  constructor(
    @Inject(PG_POOL) private readonly pool: Pool,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  @EventPattern<string>(topics.receipt.name)
  async onReceipts(@Payload() { messages }: KafkaBatch<Receipt>): Promise<void> {
    for (const { value } of messages) {
      if (value.type === 'party.registered') await noteSealed(this.pool, value.statement, value.index);
    }
  }

  @EventPattern<string>(topics.refusal.name)
  async onRefusals(@Payload() { messages }: KafkaBatch<LedgerRefusal>): Promise<void> {
    for (const { value } of messages) {
      const known = await noteRefused(this.pool, value.statement, value.code);
      if (known) this.log.error({ statement: value.statement, code: value.code }, 'the ledger refused a registration');
    }
  }
}
