import { instantOf } from '@gridpact/kernel';
import { type BookedNomination, type EventTerms, type Offer, clear, offersOf } from '@gridpact/dispatch';
import { type BodyOf, parsePromise } from '@gridpact/statement';
import type { Evidence, SealedStatement } from '../evidence.js';
import type { EventFacts } from '../facts.js';
import { nameOf } from './chain.js';
import { type Held, broken } from './report.js';

type Opened<T extends 'nomination.revealed' | 'award.issued'> = SealedStatement<T> & { readonly body: BodyOf<T> };

/**
 * Clearing: reveals open what was committed before the gate, and the sealed price, totals and awards follow from them.
 * A holder who may not read the nominations takes price and totals from the sealed clearing and checks its own award.
 */
export function checkClearing(evidence: Evidence, facts: EventFacts): Held {
  const committed = evidence
    .of('nomination.committed')
    .filter(({ statement }) => statement.envelope.subject === facts.event.event);
  const revealed = evidence.opened('nomination.revealed').filter(({ body }) => body.event === facts.event.event);
  for (const reveal of revealed) checkReveal(reveal, committed);
  const accepted = new Set(facts.clearing.nominations);
  const known = revealed.filter(({ statement }) => statement.envelope.parents.some((parent) => accepted.has(parent)));
  const awards = evidence.opened('award.issued').filter(({ body }) => body.event === facts.event.event);
  if (known.length < accepted.size) {
    for (const award of awards) checkOwnAward(award, facts);
    const detail = `price and totals taken from ${facts.clearingStatement}; ${awards.length} own awards agree with it`;
    return { outcome: 'taken-from-sealed-total', checked: awards.length, detail };
  }
  return recompute(facts, bookOf(committed, revealed), awards);
}

/** Terms of an announced event, as the clearing rules read them. */
export function termsOf(event: BodyOf<'event.announced'>): EventTerms {
  return {
    event: event.event,
    program: event.program,
    intervals: event.intervals.map(({ start, end, needWatt }) => ({
      start: instantOf(start),
      end: instantOf(end),
      needWatt: BigInt(needWatt),
    })),
    priceCapMicroCnyPerKwh: BigInt(event.priceCapMicroCnyPerKwh),
    gateClosesAt: instantOf(event.gateClosesAt),
    revealBy: instantOf(event.revealBy),
    confirmBy: instantOf(event.confirmBy),
  };
}

function checkReveal(
  reveal: Opened<'nomination.revealed'>,
  committed: readonly SealedStatement<'nomination.committed'>[],
): void {
  const opens = committed.find(({ statement }) => reveal.statement.envelope.parents.includes(statement.leafHash));
  if (!opens) broken('unknown_nomination', nameOf(reveal), 'it reveals no committed nomination of this event');
  else if (commitmentOf(opens) !== commitmentOf(reveal))
    broken('reveal_mismatch', nameOf(reveal), 'it reveals another body than was committed');
}

function bookOf(
  committed: readonly SealedStatement<'nomination.committed'>[],
  revealed: readonly Opened<'nomination.revealed'>[],
): BookedNomination[] {
  return committed.map((sealed) => {
    const reveal = revealed.find(({ statement }) => statement.envelope.parents.includes(sealed.statement.leafHash));
    const promise = sealed.promise && parsePromise(sealed.promise);
    if (!promise?.ok) return broken('promise_missing', nameOf(sealed), 'a nomination counts by its promise');
    return {
      nomination: sealed.statement.leafHash,
      aggregator: sealed.statement.envelope.by,
      commitment: commitmentOf(sealed),
      receivedAt: promise.value.promise.receivedAt,
      late: false,
      index: sealed.index,
      reveal: reveal
        ? { kind: 'revealed', statement: reveal.statement.leafHash, blocks: blocksOf(reveal.body) }
        : { kind: 'none' },
    };
  });
}

function recompute(
  facts: EventFacts,
  book: readonly BookedNomination[],
  awards: readonly Opened<'award.issued'>[],
): Held {
  const { clearing, clearingStatement, program } = facts;
  const terms = termsOf(facts.event);
  const { offers, excluded } = offersOf(terms, book, BigInt(program.rulePack.minimumNominationWatt));
  const result = clear(terms, offers, clearing.pricing);
  agree(
    clearingStatement,
    'excluded',
    excluded.map(({ nomination, code }) => `${nomination} ${code}`),
    clearing.excluded.map(({ nomination, code }) => `${nomination} ${code}`),
  );
  agree(
    clearingStatement,
    'nominations',
    offers.map(({ nomination }) => nomination).sort(),
    [...clearing.nominations].sort(),
  );
  agree(
    clearingStatement,
    'clearingPriceMicroCnyPerKwh',
    result.priceMicroCnyPerKwh.toString(),
    clearing.clearingPriceMicroCnyPerKwh,
  );
  agree(
    clearingStatement,
    'awardedWatt',
    result.intervals.map(({ awardedWatt }) => awardedWatt.toString()),
    clearing.intervals.map(({ awardedWatt }) => awardedWatt),
  );
  for (const award of result.awards) {
    const issued = awards.find(({ body }) => body.aggregator === award.aggregator);
    if (!issued) return broken('award_missing', award.aggregator, 'it won but no award was issued to it');
    agree(
      nameOf(issued),
      'award',
      award.intervals.map(({ watt }) => watt.toString()),
      issued.body.intervals.map(({ watt }) => watt),
    );
    agree(nameOf(issued), 'price', award.priceMicroCnyPerKwh.toString(), issued.body.priceMicroCnyPerKwh);
  }
  if (awards.length !== result.awards.length)
    broken('award_foreign', clearingStatement, 'an award was issued to a party that won nothing');
  return {
    checked: offers.length,
    detail: `${offers.length} nominations cleared again, ${awards.length} awards agree`,
  };
}

function checkOwnAward(award: Opened<'award.issued'>, facts: EventFacts): void {
  const { clearing } = facts;
  if (!award.statement.envelope.parents.includes(facts.clearingStatement)) {
    broken('award_foreign', nameOf(award), 'it does not follow from the clearing');
  }
  if (clearing.pricing !== 'pay-as-bid')
    agree(nameOf(award), 'price', award.body.priceMicroCnyPerKwh, clearing.clearingPriceMicroCnyPerKwh);
  for (const [at, { watt }] of award.body.intervals.entries()) {
    const total = clearing.intervals[at]?.awardedWatt ?? '0';
    if (BigInt(watt) > BigInt(total))
      broken('award_exceeds_total', nameOf(award), `interval ${at}: ${watt} W of ${total} W in all`);
  }
}

function agree(where: string, figure: string, recomputed: unknown, sealed: unknown): void {
  const [ours, theirs] = [JSON.stringify(recomputed), JSON.stringify(sealed)];
  if (ours !== theirs) broken('clearing_differs', where, `${figure}: recomputed ${ours}, sealed ${theirs}`);
}

function blocksOf(body: BodyOf<'nomination.revealed'>): Offer['blocks'] {
  return body.blocks.map(({ watt, priceMicroCnyPerKwh }) => ({
    watt: BigInt(watt),
    priceMicroCnyPerKwh: BigInt(priceMicroCnyPerKwh),
  }));
}

function commitmentOf({ statement }: SealedStatement): string {
  const { body } = statement.envelope;
  return 'commitment' in body ? body.commitment : '';
}
