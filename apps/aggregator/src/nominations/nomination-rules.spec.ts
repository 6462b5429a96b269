import { instantOf, plusMs } from '@gridpact/kernel';
import { describe, expect, it } from 'vitest';
import { type NominatedEvent, type Nomination, type NominationRefusal, judgeNomination } from './nomination-rules.js';

const GATE = instantOf('2018-07-25T04:00:00.000Z');
const announced = { priceCapMicroCnyPerKwh: '1500000' } as NominatedEvent['announced'];
const event: NominatedEvent = { event: 'event-1', state: 'announced', gateClosesAt: GATE, announced };
const nomination: Nomination = {
  event: 'event-1',
  aggregator: 'aggregator-1',
  blocks: [{ watt: '50000', priceMicroCnyPerKwh: '1500000' }],
};
const before = plusMs(GATE, -1);

describe('a nomination', () => {
  it('goes out a moment before the gate, at the cap', () => {
    expect(judgeNomination(event, nomination, before)).toEqual({ ok: true, value: nomination });
  });

  it.each<[NominationRefusal, string, Partial<NominatedEvent>, Nomination['blocks'], typeof GATE]>([
    ['gate_closed', 'at the gate', {}, nomination.blocks, GATE],
    ['gate_closed', 'after the dispatcher closed it', { state: 'gate-closed' }, nomination.blocks, before],
    ['over_price_cap', 'over the cap', {}, [{ watt: '1', priceMicroCnyPerKwh: '1500001' }], before],
    ['nothing_offered', 'of nothing', {}, [{ watt: '0', priceMicroCnyPerKwh: '1' }], before],
  ])('is refused as %s when it comes %s', (code, _, changes, blocks, now) => {
    const judged = judgeNomination({ ...event, ...changes }, { ...nomination, blocks }, now);
    expect(judged).toMatchObject({ ok: false, refusal: { code } });
  });
});
