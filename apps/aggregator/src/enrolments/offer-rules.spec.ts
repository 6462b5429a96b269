import { instantOf } from '@gridpact/kernel';
import { describe, expect, it } from 'vitest';
import { leaf } from '../answers/answer.fixture.js';
import { type OfferRefusal, type SentOffer, offerRefusal } from './offer-rules.js';

const agreed = { enrolment: 'enrolment-1', statement: leaf('e') };
const sent: SentOffer = {
  body: {
    offer: 'offer-1',
    enrolment: 'enrolment-1',
    maximumWatt: '5000',
    floorPriceMicroCnyPerKwh: '1000000',
    from: '2018-07-01T00:00:00.000Z',
    until: '2018-08-01T00:00:00.000Z',
  },
  subject: 'enrolment-1',
  parents: [leaf('e')],
  receivedAt: instantOf('2018-07-25T00:00:00.000Z'),
};

describe('a standing offer', () => {
  it('is good under an agreed contract', () => {
    expect(offerRefusal(agreed, sent)).toBeUndefined();
  });

  it.each<[OfferRefusal, string, Partial<SentOffer>, string | null]>([
    ['not_agreed', 'the contract is a draft', {}, null],
    ['wrong_reference', 'it follows from something else', { parents: [leaf('9')] }, leaf('e')],
    ['wrong_reference', 'its subject is another', { subject: 'event-1' }, leaf('e')],
    ['offer_ended', 'its time is over', { receivedAt: instantOf('2018-08-01T00:00:00.000Z') }, leaf('e')],
    [
      'offer_ended',
      'it ends before it begins',
      { body: { ...sent.body, from: '2018-09-01T00:00:00.000Z' } },
      leaf('e'),
    ],
  ])('is refused as %s when %s', (code, _, changes, statement) => {
    expect(offerRefusal({ ...agreed, statement }, { ...sent, ...changes })).toMatchObject({ code });
  });
});
