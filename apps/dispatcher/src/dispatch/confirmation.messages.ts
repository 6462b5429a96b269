import { Controller } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { topics, type Confirmed } from '@gridpact/contracts';
import type { KafkaBatch } from '@gridpact/platform/kafka';
import { onceOnly } from '@gridpact/platform/outbox';
import { inTransaction } from '@gridpact/platform/postgres';
import { DataSource } from 'typeorm';
import { ConfirmationStore } from './confirmation-store.js';

/** Follows what users answer, for the control room's confirmed power. */
@Controller()
export class ConfirmationMessages {
  constructor(
    private readonly dataSource: DataSource,
    private readonly confirmations: ConfirmationStore,
  ) {}

  @EventPattern<string>(topics.confirmation.name)
  async onConfirmations(@Payload() batch: KafkaBatch<Confirmed>): Promise<void> {
    await inTransaction(this.dataSource, async (tx) => {
      const ids = batch.messages.map(({ id }) => id);
      const fresh = await onceOnly(tx, 'dispatcher.confirmation', ids);
      for (const { id, value } of batch.messages) {
        if (fresh.has(id)) await this.confirmations.replace(tx, value);
      }
    });
  }
}
