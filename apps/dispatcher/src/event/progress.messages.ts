import { Controller, Inject } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { topics, type Committed, type Settled } from '@gridpact/contracts';
import type { EventCommand } from '@gridpact/dispatch';
import { BUSINESS_CLOCK } from '@gridpact/platform/app';
import type { BusinessClock } from '@gridpact/platform/clock';
import type { KafkaBatch } from '@gridpact/platform/kafka';
import { inTransaction } from '@gridpact/platform/postgres';
import { DataSource } from 'typeorm';
import { EventLife } from './event-life.js';
import { EventStore } from './event-store.js';

/** Follows what other services make of an ended event: its window is measured, its money is settled. */
@Controller()
export class ProgressMessages {
  constructor(
    private readonly dataSource: DataSource,
    private readonly events: EventStore,
    private readonly life: EventLife,
    @Inject(BUSINESS_CLOCK) private readonly clock: BusinessClock,
  ) {}

  @EventPattern<string>(topics.commitment.name)
  async onCommitments(@Payload() batch: KafkaBatch<Committed>): Promise<void> {
    for (const { value } of batch.messages) {
      if (value.kind === 'event-window' && value.event !== null) await this.advance(value.event, { kind: 'measure' });
    }
  }

  @EventPattern<string>(topics.result.name)
  async onResults(@Payload() batch: KafkaBatch<Settled>): Promise<void> {
    for (const { value } of batch.messages) await this.advance(value.event, { kind: 'settle', run: value.run });
  }

  /** A message that comes again, or that a later one overtook, finds the event moved on: the rules refuse, nothing changes. */
  private async advance(event: string, command: EventCommand): Promise<void> {
    await inTransaction(this.dataSource, async (tx) => {
      const locked = await this.events.lock(tx, event);
      if (locked) await this.life.move(tx, locked, command, this.clock.now());
    });
  }
}
