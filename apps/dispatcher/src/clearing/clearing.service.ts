import { randomBytes } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { Injectable } from '@nestjs/common';
import { clear, isOrdered, offersOf } from '@gridpact/dispatch';
import { required, type Instant } from '@gridpact/kernel';
import { inTransaction, type Transaction } from '@gridpact/platform/postgres';
import { sealBatch, SALT_BYTES, type BatchOpening, type BodyOf, type Statement } from '@gridpact/statement';
import { DataSource } from 'typeorm';
import type { StoredEvent } from '../event/stored-event.js';
import { NominationStore } from '../nomination/nomination-store.js';
import { ProgramStore } from '../program/program-store.js';
import { PowerCompany } from '../statements/power-company.js';
import { awardBody, clearingBody, clearingParents, type ClearedBook } from './clearing-bodies.js';
import { ClearingPublisher } from './clearing-publisher.js';

/** A clearing in signed statements: the open totals, and one award for each winner. */
export interface SignedClearing {
  readonly cleared: ClearedBook;
  readonly computed: Statement<'clearing.computed'>;
  readonly awards: readonly SignedAward[];
}

/** An award with its path to the root in the totals. */
export interface SignedAward {
  readonly body: BodyOf<'award.issued'>;
  readonly statement: Statement<'award.issued'>;
  readonly opening: BatchOpening;
}

/** Clears events: computes, has it signed, and publishes all of it in one transaction or none. */
@Injectable()
export class ClearingService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly nominations: NominationStore,
    private readonly programs: ProgramStore,
    private readonly powerCompany: PowerCompany,
    private readonly publisher: ClearingPublisher,
  ) {}

  /**
   * Clears an event whose reveal window is over; false when it has to wait for answers or for log indexes, on which ties
   * are decided, or when somebody else cleared it. Signing happens outside the transaction: what is signed and then not
   * published was never said.
   */
  async clear(stored: StoredEvent, now: Instant): Promise<boolean> {
    const { event } = stored.announced;
    const book = await this.readyBook(this.dataSource, event);
    if (!book) return false;
    const signed = await this.sign(await this.compute(stored, book), now);
    return inTransaction(this.dataSource, async (tx) => {
      const locked = await this.publisher.lock(tx, event);
      const same = isDeepStrictEqual(await this.readyBook(tx, event), book);
      return locked && same ? this.publisher.publish(tx, locked, signed, now) : false;
    });
  }

  private async readyBook(db: DataSource | Transaction, event: string): Promise<ClearedBook['book'] | null> {
    if (await this.nominations.hasUnanswered(db, event)) return null;
    const book = await this.nominations.book(db, event);
    return isOrdered(book) ? book : null;
  }

  private async compute(stored: StoredEvent, book: ClearedBook['book']): Promise<ClearedBook> {
    const { terms } = stored.event;
    const { rulePack } = required(await this.programs.byId(this.dataSource, terms.program), 'program of the event');
    const { offers, excluded } = offersOf(terms, book, BigInt(rulePack.minimumNominationWatt));
    const clearing = clear(terms, offers, rulePack.pricing);
    return { event: terms.event, statement: stored.statement, book, clearing, excluded };
  }

  private async sign(cleared: ClearedBook, at: Instant): Promise<SignedClearing> {
    const { event, clearing } = cleared;
    const bodies = clearing.awards.map((award) => awardBody(event, award));
    const batch = sealBatch(
      bodies.map((item) => ({ recipient: item.aggregator, item, salt: randomBytes(SALT_BYTES) })),
    );
    const computed = await this.powerCompany.say({
      type: 'clearing.computed',
      at,
      subject: event,
      parents: clearingParents(cleared),
      body: clearingBody(cleared, batch),
    });
    const awards = clearing.awards.map(async ({ nomination }, place) => {
      const opening = required(batch.openings[place], 'opening of an award');
      const body = required(bodies[place], 'body of an award');
      const parents = [cleared.statement, computed.leafHash, nomination];
      const statement = await this.powerCompany.say({ type: 'award.issued', at, subject: event, parents, body });
      return { body, statement, opening };
    });
    return { cleared, computed, awards: await Promise.all(awards) };
  }
}
