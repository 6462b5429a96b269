import type { Award, BookedNomination, Clearing, Exclusion } from '@gridpact/dispatch';
import { decimal, formatInstant } from '@gridpact/kernel';
import type { BatchRoot, BodyOf } from '@gridpact/statement';

/** What clearing works on and what it gave, ready to be said. */
export interface ClearedBook {
  readonly event: string;
  /** Leaf hash of `event.announced`. */
  readonly statement: string;
  readonly book: readonly BookedNomination[];
  readonly clearing: Clearing;
  readonly excluded: readonly Exclusion[];
}

/** Body of an award. */
export function awardBody(event: string, award: Award): BodyOf<'award.issued'> {
  return {
    event,
    aggregator: award.aggregator,
    priceMicroCnyPerKwh: decimal(award.priceMicroCnyPerKwh),
    intervals: award.intervals.map(({ start, end, watt }) => ({
      start: formatInstant(start),
      end: formatInstant(end),
      watt: decimal(watt),
    })),
  };
}

/** Open body of clearing: totals, who took part, who did not and why, and the root over all awards. */
export function clearingBody(cleared: ClearedBook, awards: BatchRoot): BodyOf<'clearing.computed'> {
  const { event, clearing, excluded } = cleared;
  return {
    event,
    pricing: clearing.pricing,
    clearingPriceMicroCnyPerKwh: decimal(clearing.priceMicroCnyPerKwh),
    intervals: clearing.intervals.map(({ start, end, needWatt, awardedWatt }) => ({
      start: formatInstant(start),
      end: formatInstant(end),
      needWatt: decimal(needWatt),
      awardedWatt: decimal(awardedWatt),
    })),
    nominations: takingPart(cleared).map(({ nomination }) => nomination),
    excluded: excluded.map(({ nomination, code }) => ({ nomination, code })),
    awards: { root: awards.root, count: awards.count },
  };
}

/** Statements that clearing follows from: the event, and every commitment and reveal that stands in the log. */
export function clearingParents({ statement, book }: ClearedBook): string[] {
  const inLog = book.filter(({ late }) => !late);
  const reveals = inLog.flatMap(({ reveal }) => (reveal.kind === 'revealed' ? [reveal.statement] : []));
  return [statement, ...inLog.map(({ nomination }) => nomination), ...reveals];
}

function takingPart({ book, excluded }: ClearedBook): BookedNomination[] {
  const out = new Set(excluded.map(({ nomination }) => nomination));
  return book.filter(({ nomination }) => !out.has(nomination)).sort((a, b) => (a.index ?? 0) - (b.index ?? 0));
}
