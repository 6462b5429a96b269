import { describe, expect, it } from 'vitest';
import { askedIntervals, exampleInstruction, leaf } from './answer.fixture.js';
import { type SignedOffer, type StandingOffer, answerAtDeadline } from './deadline-rules.js';

const asked = exampleInstruction();

function offer(changes: Partial<StandingOffer> = {}): SignedOffer {
  const body: StandingOffer = {
    offer: 'offer-1',
    enrolment: 'enrolment-1',
    maximumWatt: '9000',
    floorPriceMicroCnyPerKwh: '1200000',
    from: '2018-07-01T00:00:00.000Z',
    until: '2018-08-01T00:00:00.000Z',
    ...changes,
  };
  return { statement: leaf('f'), body };
}

describe('at the deadline', () => {
  it('a standing offer answers in full and is named', () => {
    expect(answerAtDeadline(asked, [offer()], 'declined')).toMatchObject({
      answer: 'full',
      intervals: askedIntervals,
      via: 'standing-offer',
      offer: leaf('f'),
    });
  });

  it('a standing offer answers up to its power', () => {
    const capped = answerAtDeadline(asked, [offer({ maximumWatt: '4000' })], 'declined');
    expect(capped).toMatchObject({ answer: 'part', via: 'standing-offer' });
    expect(capped?.intervals.map(({ watt }) => watt)).toEqual(['4000', '3000']);
  });

  it.each<[string, Partial<StandingOffer>]>([
    ['asks a higher price', { floorPriceMicroCnyPerKwh: '1200001' }],
    ['is for another enrolment', { enrolment: 'enrolment-2' }],
    ['offers no power', { maximumWatt: '0' }],
    ['begins after the deadline', { from: '2018-07-26T02:00:00.001Z' }],
    ['ends before the event does', { until: '2018-07-26T07:59:59.999Z' }],
  ])('an offer that %s answers nothing', (_, changes) => {
    expect(answerAtDeadline(asked, [offer(changes)], 'declined')).toBeNull();
  });

  it('the first offer that covers the instruction answers', () => {
    const answer = answerAtDeadline(asked, [offer({ maximumWatt: '0' }), offer({ maximumWatt: '1' })], 'accepted');
    expect(answer?.intervals.map(({ watt }) => watt)).toEqual(['1', '1']);
  });

  it('silence accepts where the contract says so, and states nothing where it does not', () => {
    expect(answerAtDeadline(asked, [], 'accepted')).toMatchObject({ answer: 'full', via: 'silence', offer: null });
    expect(answerAtDeadline(asked, [], 'declined')).toBeNull();
  });
});
