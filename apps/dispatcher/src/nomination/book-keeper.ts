import { Injectable } from '@nestjs/common';
import {
  receiveCommitted,
  receiveRevealed,
  type BookedNomination,
  type CommittedNomination,
  type NominationRefusalCode,
} from '@gridpact/dispatch';
import { ok, refuse, type Instant, type Result } from '@gridpact/kernel';
import type { Transaction } from '@gridpact/platform/postgres';
import type { StoredEvent } from '../event/stored-event.js';
import type { Arrival } from './arrival.js';
import { NominationStore } from './nomination-store.js';

/** Why a proved statement found no place in the book. */
export type BookRefusalCode = NominationRefusalCode | 'event_cancelled';

/** Keeps the nomination book of an event that the transaction has locked. */
@Injectable()
export class BookKeeper {
  constructor(private readonly store: NominationStore) {}

  async take(
    tx: Transaction,
    stored: StoredEvent,
    arrival: Arrival,
    receivedAt: Instant,
  ): Promise<Result<BookedNomination, BookRefusalCode>> {
    if (stored.event.state === 'cancelled') return refuse('event_cancelled', 'the event will not take place');
    const book = await this.store.book(tx, stored.announced.event);
    return arrival.kind === 'committed'
      ? this.takeCommitted(tx, stored, book, { ...partsOf(arrival), receivedAt })
      : this.takeRevealed(tx, stored, book, arrival, receivedAt);
  }

  private async takeCommitted(
    tx: Transaction,
    { event, announced }: StoredEvent,
    book: readonly BookedNomination[],
    arrived: CommittedNomination,
  ): Promise<Result<BookedNomination, BookRefusalCode>> {
    const taken = receiveCommitted(event.terms, book, arrived);
    if (taken.ok) await this.store.enter(tx, announced.event, taken.value);
    else if (taken.refusal.code === 'late' && isFirstLate(book, arrived.aggregator)) {
      const late: BookedNomination = { ...arrived, late: true, index: null, reveal: { kind: 'none' } };
      await this.store.enter(tx, announced.event, late);
    }
    return taken;
  }

  private async takeRevealed(
    tx: Transaction,
    { event, announced }: StoredEvent,
    book: readonly BookedNomination[],
    arrival: Extract<Arrival, { kind: 'revealed' }>,
    receivedAt: Instant,
  ): Promise<Result<BookedNomination, BookRefusalCode>> {
    const opened = book.find(({ nomination }) => arrival.statement.envelope.parents.includes(nomination));
    if (!opened) return refuse('unknown_nomination', 'the reveal names no nomination of this event as its parent');
    const { leafHash, envelope } = arrival.statement;
    const { commitment, blocks } = arrival;
    const named = { nomination: opened.nomination, aggregator: envelope.by, commitment, receivedAt };
    const taken = receiveRevealed(event.terms, book, { ...named, statement: leafHash, blocks });
    if (taken.ok) await this.store.enter(tx, announced.event, taken.value);
    else if (taken.refusal.code === 'reveal_mismatch') {
      await this.store.enter(tx, announced.event, { ...opened, reveal: { kind: 'mismatch' } });
    }
    return taken.ok ? ok(taken.value) : taken;
  }
}

function partsOf({ statement, commitment }: Arrival): Omit<CommittedNomination, 'receivedAt'> {
  return { nomination: statement.leafHash, aggregator: statement.envelope.by, commitment };
}

/** One late nomination of each aggregator is kept, so that nobody can fill the sealed list of exclusions. */
function isFirstLate(book: readonly BookedNomination[], aggregator: string): boolean {
  return !book.some((booked) => booked.late && booked.aggregator === aggregator);
}
