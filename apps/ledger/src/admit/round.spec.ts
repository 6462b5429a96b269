import { type Instant, instantOf, machineInstant, required } from '@gridpact/kernel';
import { KeyRing, type Statement } from '@gridpact/statement';
import { ed25519NoteSigner, ed25519Cosigner, ed25519PrivateKey, formatPolicy, formatVkey } from '@gridpact/tlog';
import { beforeEach, describe, expect, it } from 'vitest';
import { policyOf } from '../policy/witness-policy.js';
import {
  CONFIRM_BY,
  KEYS,
  NOON,
  announced,
  award,
  confirmation,
  enrolment,
  genesis,
  instruction,
  program,
  registered,
  say,
  standingOffer,
  submit,
  untilInstructed,
} from '../town.fixture.js';
import { MAX_WAIT_MS } from '../integrate/waiting-room.js';
import { arrivalOf, isUnreadable } from './candidate.js';
import { Round } from './round.js';

const seed = (fill: number) => ed25519PrivateKey(new Uint8Array(32).fill(fill));
const origin = 'gridpact.local/log';
const witnesses = ['power-company', 'aggregator-1', 'regulator'].map((party, index) => {
  const vkey = formatVkey(ed25519Cosigner(party, seed(100 + index)).vkey);
  return { party, url: `http://127.0.0.1:${9000 + index}`, vkey };
});
const policy = formatPolicy(policyOf(ed25519NoteSigner(origin, seed(99)).vkey, 'http://127.0.0.1:1/log', witnesses));
const NOW = machineInstant(Date.UTC(2026, 10, 24));
const late = (ms: number): Instant => (instantOf(CONFIRM_BY) + ms) as Instant;

function newRound(environment: 'sandbox' | 'production' = 'sandbox', waiting = 0): Round {
  const none = new Map<string, never>();
  const log = { origin, environment, policy };
  const lookups = { indices: none, known: none, holders: none, fresh: new Set<string>() };
  return new Round({ log, size: 0, ring: new KeyRing(), ...lookups, waiting, now: NOW });
}

describe('the log', () => {
  let round: Round;
  beforeEach(() => {
    round = newRound();
  });
  /** Hands a statement over; the index it got, or the code of its refusal. */
  const take = async (statement: Statement, receivedAt?: Instant): Promise<number | string> => {
    const arrival = arrivalOf(await submit(statement, receivedAt ? { receivedAt } : {}), round.ring);
    const outcome = round.decide(arrival);
    if (outcome.state === 'sequenced') return outcome.index;
    return outcome.state === 'refused' ? outcome.refusal.code : outcome.state;
  };
  const instructed = async () => {
    const town = await untilInstructed(policy);
    for (const statement of town.all) expect(await take(statement)).toEqual(expect.any(Number));
    return town;
  };

  it('begins with its genesis, once, and only with its own', async () => {
    expect(await take(await program())).toBe('unknown_key');
    expect(await take(await genesis(policy, 'other.example/log'))).toBe('genesis_mismatch');
    expect(await take(await genesis('quorum none\n'))).toBe('genesis_mismatch');
    expect(await take(await genesis(policy.replaceAll('127.0.0.1', 'localhost')))).toBe(0);
    expect(await take(await genesis(policy))).toBe('key_taken');
  });

  it('gives the same bytes the same index', async () => {
    const opened = await genesis(policy);
    expect([await take(opened), await take(await program()), await take(opened)]).toEqual([0, 1, 0]);
    expect(round.entering).toHaveLength(2);
  });

  it('takes a whole event in order', async () => {
    const { instructed: parent } = await instructed();
    expect(await take(await confirmation(parent), NOON)).toBe(7);
  });

  it('takes an answer at the deadline and none after it, whatever the phone says', async () => {
    const { instructed: parent } = await instructed();
    expect(await take(await confirmation(parent))).toBe('promise_missing');
    expect(await take(await confirmation(parent), late(1))).toBe('received_late');
    expect(await take(await confirmation(parent), late(0))).toBe(7);
  });

  it('keeps one of two conflicting answers, and takes a change that names what it replaces', async () => {
    const { instructed: parent } = await instructed();
    const full = await confirmation(parent);
    expect(await take(full, NOON)).toBe(7);
    expect(await take(await confirmation(parent, { answer: 'declined', intervals: [] }), NOON)).toBe('already_said');
    const changed = await confirmation(parent, { answer: 'declined', intervals: [], earlier: full.leafHash });
    expect(await take(changed, NOON)).toBe(8);
    const again = await confirmation(parent, { answer: 'part', earlier: full.leafHash });
    expect(await take(again, NOON)).toBe('already_said');
  });

  it('takes an answer by no other user and no aggregator on its own', async () => {
    const { instructed: parent } = await instructed();
    expect(await take(await registered('user-2', KEYS.neighbour))).toBe(7);
    const foreign = await confirmation(parent, {}, { by: 'user-2', signers: [KEYS.neighbour] });
    expect(await take(foreign, NOON)).toBe('foreign_signature');
    const forged = await confirmation(parent, {}, { by: 'aggregator-1', signers: [KEYS.aggregator] });
    expect(await take(forged, NOON)).toBe('foreign_signature');
    expect(await take(await confirmation(parent, { site: 'site-2' }), NOON)).toBe('reference_mismatch');
  });

  it('lets the aggregator answer within a standing offer, and not beyond it', async () => {
    const { instructed: parent, enrolled } = await instructed();
    const offered = await standingOffer(enrolled);
    expect(await take(offered)).toBe(7);
    const under = (offer: Statement, watt = '50000', signer = KEYS.aggregator, by = 'aggregator-1') =>
      confirmation(
        parent,
        {
          via: 'standing-offer',
          offer: offer.leafHash,
          intervals: [{ start: '2026-07-01T06:00:00.000Z', end: '2026-07-01T07:00:00.000Z', watt }],
        },
        { by, signers: [signer] },
      );
    expect(await take(await under(offered, '60001'), NOON)).toBe('offer_invalid');
    expect(await take(await under(offered, '50000', KEYS.rival, 'aggregator-2'), NOON)).toBe('foreign_signature');
    expect(await take(await under(enrolled), NOON)).toBe('offer_invalid');
    expect(await take(await under(offered), late(1))).toBe('received_late');
    expect(await take(await under(offered), NOON)).toBe(8);
  });

  it('refuses an offer that has ended or asks for more', async () => {
    const { instructed: parent, enrolled } = await instructed();
    const ended = await standingOffer(enrolled, { offer: 'old', until: '2026-07-01T04:00:00.000Z' });
    const dear = await standingOffer(enrolled, { offer: 'dear', floorPriceMicroCnyPerKwh: '3500001' });
    for (const offered of [ended, dear]) {
      expect(await take(offered)).toEqual(expect.any(Number));
      const answer = { via: 'standing-offer', offer: offered.leafHash } as const;
      const by = { by: 'aggregator-1', signers: [KEYS.aggregator] };
      expect(await take(await confirmation(parent, answer, by), NOON)).toBe('offer_invalid');
    }
  });

  it('reads silence as the enrolment does, after the deadline, when nobody answered', async () => {
    const { instructed: parent } = await instructed();
    const by = { by: 'aggregator-1', signers: [KEYS.aggregator] };
    const silent = { via: 'silence' as const, answer: 'declined' as const, intervals: [] };
    expect(await take(await confirmation(parent, silent, by), NOON)).toBe('silence_invalid');
    expect(await take(await confirmation(parent, { ...silent, answer: 'full' }, by), late(1))).toBe('silence_invalid');
    expect(await take(await confirmation(parent, silent, by), late(1))).toBe(7);
  });

  it('takes a promise only from who may promise, for the statement at hand', async () => {
    const { instructed: parent } = await instructed();
    const [ours, other] = [await confirmation(parent), await confirmation(parent, { answer: 'declined' })];
    const swapped = {
      ...(await submit(ours)),
      promise: required((await submit(other, { receivedAt: NOON })).promise, ''),
    };
    const arrival = arrivalOf(swapped, round.ring);
    expect(isUnreadable(arrival) && arrival.refusal.code).toBe('promise_mismatch');
  });

  it('opens a committed nomination only with its own salt and body', async () => {
    const { event } = await instructed();
    const offers = (watt: string) => ({
      event: 'event-1',
      aggregator: 'aggregator-1',
      blocks: [{ watt, priceMicroCnyPerKwh: '3000000' }],
    });
    const telling = { by: 'aggregator-1', signers: [KEYS.aggregator] };
    const committed = await say('nomination.committed', offers('50000'), { ...telling, parents: [event.leafHash] });
    const { opening, ...withheld } = committed;
    expect(opening).toBeDefined();
    expect(await take(withheld)).toBe(7);
    const reveal = (watt: string, salt = 1) =>
      say('nomination.revealed', offers(watt), { ...telling, parents: [committed.leafHash], salt });
    expect(await take(await reveal('40000'))).toBe('reveal_mismatch');
    expect(await take(await reveal('50000', 9))).toBe('reveal_mismatch');
    expect(await take(await reveal('50000'))).toBe(8);
  });

  it('binds an enrolment to the two who signed it, a site and a program to one enrolment', async () => {
    for (const statement of [await genesis(policy), await registered('user-1', KEYS.user)]) await take(statement);
    const published = await program();
    await take(published);
    const alone = { signers: [KEYS.aggregator] };
    expect(await take(await enrolment(published, {}, alone))).toBe('signer_missing');
    expect(await take(await enrolment(published, { user: 'user-9' }))).toBe('foreign_signature');
    expect(await take(await enrolment(published, { program: 'program-9' }))).toBe('reference_mismatch');
    expect(await take(await enrolment(published, {}, { subject: 'enrolment-9' }))).toBe('subject_mismatch');
    expect(await take(await enrolment(published))).toBe(3);
    expect(await take(await enrolment(published, { enrolment: 'enrolment-2' }))).toBe('already_said');
  });

  it('takes an announcement by two people and an instruction out of one’s own award only', async () => {
    const { published, awarded, enrolled } = await instructed();
    expect(await take(await announced(published, { signers: [KEYS.operator] }))).toBe('signer_missing');
    expect(await take(await announced(published))).toBe(4);
    const stolen = { by: 'aggregator-2', signers: [KEYS.rival] };
    const other = { instruction: 'instruction-2' };
    expect(await take(await instruction(awarded, enrolled, other, stolen))).toBe('reference_mismatch');
    expect(await take(await instruction(awarded, enrolled, { ...other, user: 'user-2' }))).toBe('reference_mismatch');
    expect(await take(await award(published))).toBe('parent_missing');
  });

  it('refuses an envelope that was sealed under other signatures', async () => {
    await take(await genesis(policy));
    const said = { event: 'event-1', feeder: 'f', start: CONFIRM_BY, end: CONFIRM_BY, source: 'scada' };
    expect(await take(await say('outage.flagged', said))).toBe(1);
    expect(await take(await say('outage.flagged', said, { signers: [KEYS.operator, KEYS.approver] }))).toBe(
      'already_sealed',
    );
  });

  it('sets its clock in a sandbox only', async () => {
    const clock = { revision: 1, machineEpoch: CONFIRM_BY, businessEpoch: CONFIRM_BY, ratePermille: 0 };
    await take(await genesis(policy));
    expect(await take(await say('clock.set', clock, { subject: 'log' }))).toBe(1);
    const production = newRound('production');
    const arrival = arrivalOf(await submit(await genesis(policy)), production.ring);
    expect(production.decide(arrival)).toMatchObject({ state: 'refused', refusal: { code: 'genesis_mismatch' } });
  });

  it('keeps a statement waiting for its parent, in bounds', async () => {
    const { instructed: parent } = await untilInstructed(policy);
    await take(await genesis(policy));
    expect(await take(parent)).toBe('waiting');
    expect(round.parking).toHaveLength(1);
    const full = newRound('sandbox', 1_000);
    const arrival = arrivalOf(await submit(parent), full.ring);
    expect(full.decide(arrival)).toMatchObject({ state: 'refused', refusal: { code: 'unknown_parent' } });
    if (isUnreadable(arrival)) throw new Error('a statement that parses');
    expect(round.decide({ ...arrival, waited: { since: NOW - MAX_WAIT_MS } })).toMatchObject({ state: 'waiting' });
    expect(round.decide({ ...arrival, waited: { since: NOW - MAX_WAIT_MS - 1 } })).toMatchObject({
      refusal: { code: 'unknown_parent' },
    });
  });

  it('refuses early what a known key did not sign, and has seen a message only once', async () => {
    await take(await genesis(policy));
    const { entry } = await program();
    const text = new TextDecoder().decode(entry).replace(/"signature":"../, '"signature":"AA');
    const forged = arrivalOf({ entry: Buffer.from(text).toString('base64'), audience: [] }, round.ring);
    expect(isUnreadable(forged) && forged.refusal.code).toBe('bad_signature');
    const replayed = arrivalOf(await submit(await program()), round.ring, 'message-1');
    expect(round.decide(replayed)).toMatchObject({ state: 'replayed' });
  });
});
