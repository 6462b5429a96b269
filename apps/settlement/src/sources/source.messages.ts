import { topics, type Committed, type Confirmed, type EventChanged, type Outage } from '@gridpact/contracts';
import type { KafkaBatch } from '@gridpact/platform/kafka';
import { inTransaction } from '@gridpact/platform/postgres';
import { Controller } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { DataSource, type EntityManager } from 'typeorm';
import { JobStore } from '../jobs/job-store.js';
import { AwaitedStore } from './awaited-store.js';
import { EventStore } from './event-store.js';

/** Listens to what runs are made of. Every effect is keyed by its statement, so that a replay changes nothing. */
@Controller()
export class SourceMessages {
  constructor(
    private readonly dataSource: DataSource,
    private readonly awaited: AwaitedStore,
    private readonly events: EventStore,
    private readonly jobs: JobStore,
  ) {}

  @EventPattern<string>(topics.event.name)
  onEvents(@Payload() batch: KafkaBatch<EventChanged>): Promise<void> {
    return this.each(batch, async (tx, value) => {
      await this.events.note(tx, value);
      if (value.state === 'cancelled') await this.jobs.drop(tx, value.event);
    });
  }

  /**
   * The first window of an event asks for its first run, a window of meters that were late for another; so does a
   * correction of what was settled.
   */
  @EventPattern<string>(topics.commitment.name)
  onCommitments(@Payload() batch: KafkaBatch<Committed>): Promise<void> {
    return this.each(batch, async (tx, value) => {
      if (!(await this.awaited.addCommitment(tx, value))) return;
      if (value.corrects !== null) return this.jobs.requestCorrection(tx, value);
      if (value.kind !== 'event-window' || value.event === null) return;
      await this.jobs.requestAgain(tx, value.event, 'late readings');
      await this.jobs.requestFirst(tx, value.event);
    });
  }

  @EventPattern<string>(topics.confirmation.name)
  onAnswers(@Payload() batch: KafkaBatch<Confirmed>): Promise<void> {
    return this.each(batch, (tx, value) => this.awaited.addAnswer(tx, value));
  }

  @EventPattern<string>(topics.outage.name)
  onOutages(@Payload() batch: KafkaBatch<Outage>): Promise<void> {
    return this.each(batch, async (tx, value) => {
      if (await this.awaited.addOutage(tx, value)) await this.jobs.requestAgain(tx, value.event, 'outage flagged');
    });
  }

  private async each<T>(
    { messages }: KafkaBatch<T>,
    apply: (tx: EntityManager, value: T) => Promise<void>,
  ): Promise<void> {
    await inTransaction(this.dataSource, async (tx) => {
      for (const { value } of messages) await apply(tx, value);
    });
  }
}
