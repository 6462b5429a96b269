import { Evidence } from '@gridpact/dossier';
import { toBase64 } from '@gridpact/tlog';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Holder, openableBy } from './cut.js';
import { KEYS, Town } from '../town.fixture.js';

let evidence: Evidence;

beforeAll(async () => {
  const town = await Town.afterEvent('event-1', 'ab'.repeat(32));
  const outage = { event: 'event-1', start: '2026-07-15T06:00:00.000Z', end: '2026-07-15T07:00:00.000Z', source: 'x' };
  await town.say('outage.flagged', { ...outage, feeder: 'feeder-site-1' });
  await town.say('outage.flagged', { ...outage, feeder: 'feeder-site-3' });
  const confirmed = town.log.of('curtailment.confirmed')[0]?.statement.leafHash ?? '';
  const withdrawn = {
    confirmation: confirmed,
    event: 'event-1',
    site: 'site-1',
    effectiveAt: outage.start,
    reason: '',
  };
  await town.say('curtailment.withdrawn', withdrawn, { by: 'user-1', signers: [KEYS['user-1']], parents: [confirmed] });
  const offer = { offer: 'o-1', enrolment: 'e-site-1-event-1', maximumWatt: '1', floorPriceMicroCnyPerKwh: '1' };
  const validity = { from: '2026-01-01T00:00:00.000Z', until: '2027-01-01T00:00:00.000Z' };
  await town.say('standing-offer.signed', { ...offer, ...validity }, { by: 'user-1', signers: [KEYS['user-1']] });
  const dispute = { dispute: 'd-1', event: 'event-1', settlement: 'ab'.repeat(32), site: 'site-1' };
  const reasons = { reason: 'wrong', evidenceSha256: null };
  await town.say('dispute.raised', { ...dispute, ...reasons }, { by: 'user-1', signers: [KEYS['user-1']] });
  await town.say('dispute.resolved', { dispute: 'd-1', event: 'event-1', outcome: 'upheld', reason: 'so' });
  const batch = { root: 'ab'.repeat(32), count: 1 };
  const order = { event: 'event-1', payer: 'aggregator-1', totalFen: '1', batch };
  await town.say('payment.ordered', order, { by: 'aggregator-1', signers: [KEYS['aggregator-1']] });
  const handed = town.log.entries.map(({ statement, index, opening }) => ({
    entry: toBase64(statement.entry),
    index,
    opening,
  }));
  const read = Evidence.of(handed);
  if (!read.ok) throw new Error(read.refusal.detail);
  evidence = read.value;
});

/** How many committed bodies of each type a holder may open. */
function opened(holder: Holder): Record<string, number> {
  const isOpenable = openableBy(holder, evidence);
  const own = evidence.statements.filter(
    (sealed) => 'commitment' in sealed.statement.envelope.body && isOpenable(sealed),
  );
  const groups = Map.groupBy(own, ({ statement }) => statement.envelope.type);
  return Object.fromEntries([...groups].map(([type, group]) => [type, group.length]));
}

describe('a dossier', () => {
  it.each(['regulator', 'power-company'] as const)('opens for %s all that settlement opens', (role) => {
    expect(opened({ party: role, role })).toMatchObject({
      ...{ 'enrolment.agreed': 3, 'instruction.issued': 3, 'curtailment.confirmed': 3, 'award.issued': 2 },
      ...{ 'nomination.revealed': 2, 'outage.flagged': 2, 'dispute.raised': 1, 'payment.ordered': 1 },
    });
  });

  it('opens for a user its contract, instruction, answers, offers, outages and disputes, and no more', () => {
    expect(opened({ party: 'user-1', role: 'user' })).toEqual({
      ...{ 'enrolment.agreed': 1, 'instruction.issued': 1, 'curtailment.confirmed': 1, 'curtailment.withdrawn': 1 },
      ...{ 'standing-offer.signed': 1, 'outage.flagged': 1, 'dispute.raised': 1, 'dispute.resolved': 1 },
    });
  });

  it('opens for a neighbour nothing of it', () => {
    expect(opened({ party: 'user-2', role: 'user' })).toEqual({
      ...{ 'enrolment.agreed': 1, 'instruction.issued': 1, 'curtailment.confirmed': 1 },
    });
  });

  it('opens for an aggregator its portfolio, its nomination, award and orders, and nothing of its rival', () => {
    expect(opened({ party: 'aggregator-1', role: 'aggregator' })).toEqual({
      ...{ 'enrolment.agreed': 2, 'instruction.issued': 2, 'curtailment.confirmed': 2, 'curtailment.withdrawn': 1 },
      ...{ 'award.issued': 1, 'nomination.committed': 1, 'nomination.revealed': 1, 'outage.flagged': 1 },
      ...{ 'standing-offer.signed': 1, 'dispute.raised': 1, 'dispute.resolved': 1, 'payment.ordered': 1 },
    });
    expect(opened({ party: 'aggregator-2', role: 'aggregator' })).toEqual({
      ...{ 'enrolment.agreed': 1, 'instruction.issued': 1, 'curtailment.confirmed': 1, 'award.issued': 1 },
      ...{ 'nomination.committed': 1, 'nomination.revealed': 1, 'outage.flagged': 1 },
    });
  });

  it('opens for a stranger nothing', () => {
    expect(opened({ party: 'user-9', role: 'user' })).toEqual({});
  });
});
