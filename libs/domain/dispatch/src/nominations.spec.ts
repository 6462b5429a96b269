import { instant, type Instant } from '@gridpact/kernel';
import { describe, expect, it } from 'vitest';
import type { EventTerms } from './event.js';
import {
  isOrdered,
  offersOf,
  receiveCommitted,
  receiveRevealed,
  type BookedNomination,
  type RevealedNomination,
} from './nominations.js';

const at = (hour: number): Instant => instant(hour * 3_600_000);
const before = (moment: Instant): Instant => instant(moment - 1);

const terms: EventTerms = {
  event: 'ev-1',
  program: 'p-1',
  intervals: [{ start: at(10), end: at(11), needWatt: 5000n }],
  priceCapMicroCnyPerKwh: 100n,
  gateClosesAt: at(4),
  revealBy: at(5),
  confirmBy: at(8),
};

const committed = { nomination: 'n1', aggregator: 'a1', commitment: 'c1', receivedAt: at(3) };
const booked: BookedNomination = { ...committed, late: false, index: 7, reveal: { kind: 'none' } };
const blocks = [{ watt: 4000n, priceMicroCnyPerKwh: 90n }];
const reveal: RevealedNomination = { ...committed, receivedAt: at(4), statement: 'r1', blocks };
const revealed: BookedNomination = { ...booked, reveal: { kind: 'revealed', statement: 'r1', blocks } };

const codeOf = (outcome: { ok: boolean; refusal?: { code: string } }): string => outcome.refusal?.code ?? 'accepted';

describe('the gate', () => {
  it('takes a commitment one millisecond before closure and refuses it at closure', () => {
    expect(codeOf(receiveCommitted(terms, [], { ...committed, receivedAt: before(at(4)) }))).toBe('accepted');
    expect(codeOf(receiveCommitted(terms, [], { ...committed, receivedAt: at(4) }))).toBe('late');
  });

  it('lets the first nomination of an aggregator stand', () => {
    const second = { ...committed, nomination: 'n2' };
    expect(codeOf(receiveCommitted(terms, [booked], second))).toBe('already_nominated');
    expect(codeOf(receiveCommitted(terms, [booked], { ...second, aggregator: 'a2' }))).toBe('accepted');
  });
});

describe('the reveal window', () => {
  it('opens with the closed gate and ends before revealBy', () => {
    const arriving = (receivedAt: Instant) => codeOf(receiveRevealed(terms, [booked], { ...reveal, receivedAt }));
    expect(arriving(before(at(4)))).toBe('gate_open');
    expect(arriving(at(4))).toBe('accepted');
    expect(arriving(before(at(5)))).toBe('accepted');
    expect(arriving(at(5))).toBe('late');
  });

  it('takes only what was committed', () => {
    expect(codeOf(receiveRevealed(terms, [booked], { ...reveal, commitment: 'c2' }))).toBe('reveal_mismatch');
  });

  it('takes a true reveal after a false one, but none after a true one', () => {
    const mismatched: BookedNomination = { ...booked, reveal: { kind: 'mismatch' } };
    expect(receiveRevealed(terms, [mismatched], reveal)).toEqual({ ok: true, value: revealed });
    expect(codeOf(receiveRevealed(terms, [revealed], reveal))).toBe('already_revealed');
  });

  it('refuses to open a nomination that is unknown, foreign or late', () => {
    const arriving = (book: BookedNomination[]) => codeOf(receiveRevealed(terms, book, reveal));
    expect(arriving([])).toBe('unknown_nomination');
    expect(arriving([{ ...booked, aggregator: 'a2' }])).toBe('unknown_nomination');
    expect(arriving([{ ...booked, late: true }])).toBe('unknown_nomination');
  });
});

describe('the book at clearing', () => {
  const excludedAs = (entry: BookedNomination, minimumWatt = 0n): string | undefined => {
    return offersOf(terms, [entry], minimumWatt).excluded[0]?.code;
  };
  const offering = (watt: bigint, priceMicroCnyPerKwh: bigint): BookedNomination => {
    return { ...revealed, reveal: { kind: 'revealed', statement: 'r1', blocks: [{ watt, priceMicroCnyPerKwh }] } };
  };

  it('excludes with the reason of each', () => {
    expect(excludedAs({ ...revealed, late: true })).toBe('late');
    expect(excludedAs(booked)).toBe('not_revealed');
    expect(excludedAs({ ...booked, reveal: { kind: 'mismatch' } })).toBe('reveal_mismatch');
    expect(excludedAs(offering(4000n, 101n))).toBe('over_price_cap');
    expect(excludedAs(offering(4000n, 100n))).toBeUndefined();
    expect(excludedAs(offering(3999n, 90n), 4000n)).toBe('below_minimum');
    expect(excludedAs(offering(4000n, 90n), 4000n)).toBeUndefined();
  });

  it('is ordered once every nomination in time has its log index', () => {
    expect(isOrdered([revealed, { ...booked, late: true, index: null }])).toBe(true);
    expect(isOrdered([revealed, { ...booked, index: null }])).toBe(false);
  });

  it('gives the offers in log order, however the book is sorted', () => {
    const second = { ...revealed, nomination: 'n2', aggregator: 'a2', index: 3 };
    const offers = offersOf(terms, [revealed, second], 0n).offers;
    expect(offers.map((offer) => offer.nomination)).toEqual(['n2', 'n1']);
    expect(offersOf(terms, [second, revealed], 0n).offers).toEqual(offers);
  });
});
