import { Controller, Inject } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { topics, type NominationSent } from '@gridpact/contracts';
import type { KafkaBatch, KafkaMessage } from '@gridpact/platform/kafka';
import { inTransaction, type Transaction } from '@gridpact/platform/postgres';
import { DataSource } from 'typeorm';
import { claimedKeys } from './arrival.js';
import { Intake } from './intake.js';
import { NominationService, type Incoming } from './nomination.service.js';
import { PARTY_KEYS, type PartyKeys } from './party-keys.js';

/** Takes in nomination statements in three steps, each of which can be repeated: note the moment, prove, answer. */
@Controller()
export class NominationMessages {
  constructor(
    private readonly dataSource: DataSource,
    private readonly intake: Intake,
    private readonly service: NominationService,
    @Inject(PARTY_KEYS) private readonly keys: PartyKeys,
  ) {}

  @EventPattern<string>(topics.nomination.name)
  async onNominations(@Payload() batch: KafkaBatch<NominationSent>): Promise<void> {
    for (const message of batch.messages) await this.onNomination(message);
  }

  private async onNomination({ id, value, headers }: KafkaMessage<NominationSent>): Promise<void> {
    const receivedAt = await this.intake.note(value);
    const keyOf = await this.keys.of(claimedKeys(value));
    await inTransaction(this.dataSource, (tx) => this.answer(tx, id, { message: value, receivedAt, headers, keyOf }));
  }

  /** Answers once per message: the same statement sent again gets the same answer again. */
  private async answer(tx: Transaction, messageId: string, incoming: Incoming): Promise<void> {
    if (!(await this.intake.isFresh(tx, messageId))) return;
    const standing = await this.intake.standingAnswer(tx, incoming.message);
    const decision = standing ?? (await this.service.decide(tx, incoming));
    if (!standing) await this.intake.keepAnswer(tx, decision);
    await this.service.tell(tx, decision, incoming.headers);
  }
}
