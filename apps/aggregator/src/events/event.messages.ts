import { type EventChanged, topics } from '@gridpact/contracts';
import type { KafkaBatch } from '@gridpact/platform/kafka';
import { inTransaction } from '@gridpact/platform/postgres';
import { Controller } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { DataSource } from 'typeorm';
import { saveEvent } from './event-store.js';

/** Follows the events that the dispatcher runs; the revision makes each message safe to see again. */
@Controller()
export class EventMessages {
  constructor(private readonly source: DataSource) {}

  @EventPattern<string>(topics.event.name)
  async onEvents(@Payload() batch: KafkaBatch<EventChanged>): Promise<void> {
    await inTransaction(this.source, async (tx) => {
      for (const { value } of batch.messages) await saveEvent(tx, value);
    });
  }
}
