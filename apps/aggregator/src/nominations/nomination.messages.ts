import { type NominationDecision, topics } from '@gridpact/contracts';
import type { KafkaBatch } from '@gridpact/platform/kafka';
import { Controller } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { DataSource } from 'typeorm';
import { asTenant } from '../tenancy/scope.js';
import { noteDecision } from './nomination-store.js';

/** What the dispatcher decided about nominations; a decision that is noted stays, so each message is safe to see again. */
@Controller()
export class NominationMessages {
  constructor(private readonly source: DataSource) {}

  @EventPattern<string>(topics.nominationDecision.name)
  async onDecisions(@Payload() batch: KafkaBatch<NominationDecision>): Promise<void> {
    for (const { value } of batch.messages) {
      await asTenant(this.source, value.aggregator, (tx) => noteDecision(tx, value));
    }
  }
}
