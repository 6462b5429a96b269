import { Injectable } from '@nestjs/common';
import type { NominationDecision, NominationSent } from '@gridpact/contracts';
import type { Instant } from '@gridpact/kernel';
import { RetryLater } from '@gridpact/platform/kafka';
import { onceOnly } from '@gridpact/platform/outbox';
import { inTransaction, type Transaction } from '@gridpact/platform/postgres';
import { DataSource } from 'typeorm';
import { CurrentClock } from '../clock/current-clock.js';
import { EventStore } from '../event/event-store.js';
import { NominationStore } from './nomination-store.js';
import { namesOf } from './nomination.service.js';

/** Remembers when each nomination statement came first and what was answered, so that a redelivery changes neither. */
@Injectable()
export class Intake {
  constructor(
    private readonly dataSource: DataSource,
    private readonly events: EventStore,
    private readonly store: NominationStore,
    private readonly clock: CurrentClock,
  ) {}

  /**
   * Moment of first receipt; commits before anything can fail, so that a ledger that is away delays the answer and does
   * not make a nomination late. It is read while the event is held, so that clearing cannot slip in between. Throws
   * RetryLater while business time is not known for sure.
   */
  async note(message: NominationSent): Promise<Instant> {
    if (!(await this.clock.isCurrent())) throw new RetryLater('the newest clock mapping is not followed yet');
    const { receivedAt } = await inTransaction(this.dataSource, async (tx) => {
      await this.events.hold(tx, message.event);
      return this.store.arrive(tx, namesOf(message), this.clock.reading());
    });
    return receivedAt;
  }

  /** True when this transaction is the first to handle the message. */
  async isFresh(tx: Transaction, messageId: string): Promise<boolean> {
    return (await onceOnly(tx, 'dispatcher.nomination', [messageId])).has(messageId);
  }

  /** The answer that the statement got when it came before. */
  async standingAnswer(tx: Transaction, message: NominationSent): Promise<NominationDecision | null> {
    return this.store.answerTo(tx, namesOf(message).nomination);
  }

  async keepAnswer(tx: Transaction, decision: NominationDecision): Promise<void> {
    await this.store.answer(tx, decision);
  }
}
