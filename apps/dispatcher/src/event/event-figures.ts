import { Injectable } from '@nestjs/common';
import { confirmedWatt, totalWatt } from '@gridpact/dispatch';
import { decimal, formatInstant, instantOf } from '@gridpact/kernel';
import { DataSource } from 'typeorm';
import { ClearingStore } from '../clearing/clearing-store.js';
import { ConfirmationStore } from '../dispatch/confirmation-store.js';
import { NominationStore } from '../nomination/nomination-store.js';
import type { StoredEvent } from './stored-event.js';

/** How far an interval is covered, W. Nominated stays null until clearing: before, nobody may know it. */
export interface IntervalFigures {
  readonly start: string;
  readonly end: string;
  readonly neededWatt: string;
  readonly nominatedWatt: string | null;
  readonly awardedWatt: string;
  readonly confirmedWatt: string;
}

/** Adds up what was nominated, awarded and confirmed for an event. */
@Injectable()
export class EventFigures {
  constructor(
    private readonly dataSource: DataSource,
    private readonly nominations: NominationStore,
    private readonly clearings: ClearingStore,
    private readonly confirmations: ConfirmationStore,
  ) {}

  async of({ event, announced }: StoredEvent): Promise<IntervalFigures[]> {
    const id = announced.event;
    const clearing = await this.clearings.byEvent(this.dataSource, id);
    const nominated = clearing ? await this.nominatedWatt(id) : null;
    const awards = await this.clearings.awards(this.dataSource, id);
    const confirmed = confirmedWatt(event.terms, await this.confirmations.standing(this.dataSource, id));
    return event.terms.intervals.map((interval, place) => ({
      start: formatInstant(interval.start),
      end: formatInstant(interval.end),
      neededWatt: decimal(interval.needWatt),
      nominatedWatt: nominated === null ? null : decimal(nominated),
      awardedWatt: decimal(awardedAt(awards, interval.start)),
      confirmedWatt: decimal(confirmed[place] ?? 0n),
    }));
  }

  /** Every block stands in every interval, so one sum holds for all of them. */
  private async nominatedWatt(event: string): Promise<bigint> {
    const book = await this.nominations.book(this.dataSource, event);
    return totalWatt(book.flatMap(({ reveal }) => (reveal.kind === 'revealed' ? reveal.blocks : [])));
  }
}

function awardedAt(awards: Awaited<ReturnType<ClearingStore['awards']>>, start: number): bigint {
  const parts = awards.flatMap(({ award }) => award.intervals.filter((part) => instantOf(part.start) === start));
  return totalWatt(parts.map(({ watt }) => ({ watt: BigInt(watt) })));
}
