import { formatInstant, ok, refuse, type Instant, type Result, type Watt } from '@gridpact/kernel';
import type { EventTerms } from './event.js';
import { totalWatt, type PriceBlock } from './quantities.js';

/** A commitment as it arrived. `receivedAt` is what the promise says; the sender's own time never counts. */
export interface CommittedNomination {
  /** Leaf hash of `nomination.committed`. */
  readonly nomination: string;
  readonly aggregator: string;
  /** Commitment of the withheld body, as the envelope carries it. */
  readonly commitment: string;
  readonly receivedAt: Instant;
}

/** A reveal as it arrived. */
export interface RevealedNomination extends CommittedNomination {
  /** Leaf hash of `nomination.revealed`; `nomination` names the commitment it opens. */
  readonly statement: string;
  readonly blocks: readonly PriceBlock[];
}

/** What became of a nomination so far. */
export type RevealState =
  | { readonly kind: 'none' }
  /** Something else than the commitment was revealed; a true reveal within the window still heals it. */
  | { readonly kind: 'mismatch' }
  | { readonly kind: 'revealed'; readonly statement: string; readonly blocks: readonly PriceBlock[] };

/** One nomination in the book of an event. */
export interface BookedNomination extends CommittedNomination {
  /** Received at or after gate closure: kept with its reason, never part of clearing. */
  readonly late: boolean;
  /** Index of `nomination.committed` in the log; null until its receipt is here. */
  readonly index: number | null;
  readonly reveal: RevealState;
}

/** Why a commitment or a reveal was refused on arrival. */
export type NominationRefusalCode =
  'late' | 'already_nominated' | 'unknown_nomination' | 'gate_open' | 'reveal_mismatch' | 'already_revealed';

/** Why a nomination takes no part in clearing; `exclusionCode` of `@gridpact/statement` seals the same codes. */
export type ExclusionCode = 'not_revealed' | 'late' | 'over_price_cap' | 'below_minimum' | 'reveal_mismatch';

/**
 * Takes a commitment. The gate is half-open: what is received at the very moment of closure is late. One nomination per
 * aggregator and event stands; the first one that arrived in time.
 */
export function receiveCommitted(
  terms: EventTerms,
  book: readonly BookedNomination[],
  arrived: CommittedNomination,
): Result<BookedNomination, NominationRefusalCode> {
  if (arrived.receivedAt >= terms.gateClosesAt) {
    return refuse('late', `the gate closed at ${formatInstant(terms.gateClosesAt)}`);
  }
  const standing = book.find((booked) => booked.aggregator === arrived.aggregator && !booked.late);
  if (standing) return refuse('already_nominated', `nomination ${standing.nomination} of ${arrived.aggregator} stands`);
  return ok({ ...arrived, late: false, index: null, reveal: { kind: 'none' } });
}

/**
 * Takes a reveal: after the gate, before `revealBy`, once, and only when its commitment is the committed one to the
 * byte, which body and salt cannot both change without breaking.
 */
export function receiveRevealed(
  terms: EventTerms,
  book: readonly BookedNomination[],
  arrived: RevealedNomination,
): Result<BookedNomination, NominationRefusalCode> {
  const booked = book.find(({ nomination, aggregator, late }) => {
    return nomination === arrived.nomination && aggregator === arrived.aggregator && !late;
  });
  if (!booked) return refuse('unknown_nomination', `no nomination ${arrived.nomination} of ${arrived.aggregator}`);
  if (arrived.receivedAt < terms.gateClosesAt) {
    return refuse('gate_open', `reveals are taken from ${formatInstant(terms.gateClosesAt)} on`);
  }
  if (arrived.receivedAt >= terms.revealBy) return refuse('late', `reveal by ${formatInstant(terms.revealBy)}`);
  if (booked.reveal.kind === 'revealed') return refuse('already_revealed', `${booked.reveal.statement} stands`);
  if (booked.commitment !== arrived.commitment) return refuse('reveal_mismatch', 'not what was committed');
  return ok({ ...booked, reveal: { kind: 'revealed', statement: arrived.statement, blocks: arrived.blocks } });
}

/** A nomination that takes part in clearing. */
export interface Offer {
  readonly nomination: string;
  readonly aggregator: string;
  readonly index: number;
  readonly blocks: readonly PriceBlock[];
}

/** A nomination that does not, and why. */
export interface Exclusion {
  readonly nomination: string;
  readonly aggregator: string;
  readonly code: ExclusionCode;
}

/** True when every nomination that came in time has its place in the log, on which ties in clearing are decided. */
export function isOrdered(book: readonly BookedNomination[]): boolean {
  return book.every((booked) => booked.late || booked.index !== null);
}

/**
 * Parts the book into offers and exclusions once the reveal window is over; offers in log order, exclusions by leaf
 * hash. Throws while a nomination in time has no log index, see {@link isOrdered}.
 */
export function offersOf(
  terms: EventTerms,
  book: readonly BookedNomination[],
  minimumWatt: Watt,
): { readonly offers: readonly Offer[]; readonly excluded: readonly Exclusion[] } {
  const offers: Offer[] = [];
  const excluded: Exclusion[] = [];
  for (const booked of book) {
    const code = exclusionOf(terms, booked, minimumWatt);
    if (code) excluded.push({ nomination: booked.nomination, aggregator: booked.aggregator, code });
    else offers.push(offerOf(booked));
  }
  return {
    offers: offers.sort((a, b) => a.index - b.index),
    excluded: excluded.sort((a, b) => (a.nomination < b.nomination ? -1 : 1)),
  };
}

function exclusionOf(terms: EventTerms, booked: BookedNomination, minimumWatt: Watt): ExclusionCode | null {
  if (booked.late) return 'late';
  if (booked.reveal.kind === 'none') return 'not_revealed';
  if (booked.reveal.kind === 'mismatch') return 'reveal_mismatch';
  const { blocks } = booked.reveal;
  if (blocks.some((block) => block.priceMicroCnyPerKwh > terms.priceCapMicroCnyPerKwh)) return 'over_price_cap';
  return totalWatt(blocks) < minimumWatt ? 'below_minimum' : null;
}

function offerOf(booked: BookedNomination): Offer {
  if (booked.index === null || booked.reveal.kind !== 'revealed') {
    throw new Error(`nomination ${booked.nomination} is not ready for clearing`);
  }
  const { nomination, aggregator, index, reveal } = booked;
  return { nomination, aggregator, index, blocks: reveal.blocks };
}
