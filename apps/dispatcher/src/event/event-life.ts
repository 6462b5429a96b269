import { Injectable } from '@nestjs/common';
import { topics } from '@gridpact/contracts';
import { decide, type EventCommand, type TransitionRefusalCode } from '@gridpact/dispatch';
import { ok, type Instant, type Result } from '@gridpact/kernel';
import { Outbox } from '@gridpact/platform/outbox';
import type { Transaction } from '@gridpact/platform/postgres';
import { EventStore } from './event-store.js';
import { eventMessage, type StoredEvent } from './stored-event.js';

/** Moves events from state to state: the only place that does. */
@Injectable()
export class EventLife {
  constructor(
    private readonly events: EventStore,
    private readonly outbox: Outbox,
  ) {}

  /** Gives a command to an event that this transaction has locked; the new state and its message commit together. */
  async move(
    tx: Transaction,
    stored: StoredEvent,
    command: EventCommand,
    now: Instant,
  ): Promise<Result<StoredEvent, TransitionRefusalCode>> {
    const decision = decide(stored.event, command, now);
    if (!decision.ok) return decision;
    const moved = { ...stored, event: decision.value, revision: stored.revision + 1 };
    await this.events.update(tx, moved);
    await this.tell(tx, moved);
    return ok(moved);
  }

  /** Tells the other services of the state that an event is in. */
  async tell(tx: Transaction, stored: StoredEvent): Promise<void> {
    await this.outbox.add(tx, { topic: topics.event, key: stored.announced.event, value: eventMessage(stored) });
  }
}
