import { Injectable } from '@nestjs/common';
import { topics } from '@gridpact/contracts';
import { required, type Instant } from '@gridpact/kernel';
import { Outbox } from '@gridpact/platform/outbox';
import type { Transaction } from '@gridpact/platform/postgres';
import { POWER_COMPANY, SETTLEMENT } from '../config.js';
import { EventLife } from '../event/event-life.js';
import { EventStore } from '../event/event-store.js';
import type { StoredEvent } from '../event/stored-event.js';
import { Submissions } from '../statements/submissions.js';
import type { SignedAward, SignedClearing } from './clearing.service.js';
import { ClearingStore } from './clearing-store.js';

/** Publishes a clearing: the event's new state, the statements and the awards to their winners, together. */
@Injectable()
export class ClearingPublisher {
  constructor(
    private readonly events: EventStore,
    private readonly life: EventLife,
    private readonly clearings: ClearingStore,
    private readonly submissions: Submissions,
    private readonly outbox: Outbox,
  ) {}

  lock(tx: Transaction, event: string): Promise<StoredEvent | undefined> {
    return this.events.lock(tx, event);
  }

  /** False when the event is no longer waiting to be cleared. */
  async publish(tx: Transaction, locked: StoredEvent, signed: SignedClearing, now: Instant): Promise<boolean> {
    const moved = await this.life.move(tx, locked, { kind: 'clear' }, now);
    if (!moved.ok) return false;
    const { event } = locked.announced;
    await this.clearings.insert(tx, event, signed.computed.leafHash, signed.cleared);
    await this.submissions.submit(tx, signed.computed, { audience: [] });
    for (const award of signed.awards) await this.issue(tx, award);
    return true;
  }

  private async issue(tx: Transaction, { body, statement, opening }: SignedAward): Promise<void> {
    const { event, aggregator } = body;
    await this.clearings.insertAward(tx, { statement: statement.leafHash, award: body, opening });
    await this.submissions.submit(tx, statement, { audience: [POWER_COMPANY, SETTLEMENT, aggregator] });
    const value = {
      event,
      aggregator,
      statement: statement.leafHash,
      entry: Buffer.from(statement.entry).toString('base64'),
      opening: required(statement.opening, 'opening of an award statement'),
    };
    await this.outbox.add(tx, { topic: topics.award, key: event, value });
  }
}
