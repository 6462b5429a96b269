import { type Instant, instant, machineInstant } from '@gridpact/kernel';
import type { Submission } from '@gridpact/contracts';
import { examplePack } from '@gridpact/program';
import {
  type BodyOf,
  type KeySigner,
  type PartyRole,
  STATEMENT_TYPES,
  type Statement,
  type StatementType,
  ed25519Signer,
  prepare,
  publicKeyOf,
  signPromise,
  signStatement,
} from '@gridpact/statement';
import { toBase64, toBase64Url } from '@gridpact/tlog';

/** Business time of everything said in the town: a hot Wednesday at noon in Shanghai. */
export const NOON: Instant = instant(Date.UTC(2026, 6, 1, 4));
/** Deadline of every instruction: an hour later. */
export const CONFIRM_BY = '2026-07-01T05:00:00.000Z';
const WINDOW = { start: '2026-07-01T06:00:00.000Z', end: '2026-07-01T07:00:00.000Z' };

const key = (fill: number): KeySigner =>
  ed25519Signer({ kty: 'OKP', crv: 'Ed25519', d: toBase64Url(new Uint8Array(32).fill(fill)) });

/** Keys of the town's parties. */
export const KEYS = {
  operator: key(1),
  approver: key(2),
  aggregator: key(3),
  rival: key(4),
  regulator: key(5),
  registry: key(6),
  ledger: key(7),
  user: key(8),
  neighbour: key(9),
};

/** How a statement of the town differs from the plain one. */
export interface Telling {
  readonly by?: string;
  readonly signers?: readonly KeySigner[];
  readonly parents?: readonly string[];
  readonly subject?: string;
  readonly salt?: number;
}

/** Says something, signed. */
export async function say<T extends StatementType>(
  type: T,
  body: BodyOf<T>,
  { by = 'power-company', signers = [KEYS.operator], parents = [], subject = 'event-1', salt = 1 }: Telling = {},
): Promise<Statement> {
  const draft = { type, at: NOON, by, subject, parents, body };
  const closed = STATEMENT_TYPES[type].open ? {} : { salt: new Uint8Array(32).fill(salt) };
  return signStatement(prepare({ ...draft, ...closed }), signers);
}

/** A submission of a statement, with a promise when it says when it was received. */
export async function submit(
  statement: Statement,
  { receivedAt, audience = ['aggregator-1', 'user-1'] }: { receivedAt?: Instant; audience?: string[] } = {},
): Promise<Submission> {
  const { entry, opening, leafHash } = statement;
  const sealBy = machineInstant(Date.UTC(2030, 0));
  const promise =
    receivedAt && (await signPromise({ statement: leafHash, receivedAt, sealBy, by: 'ledger' }, KEYS.ledger));
  return {
    entry: toBase64(entry),
    audience,
    ...(opening && { opening }),
    ...(promise && { promise: toBase64(promise) }),
  };
}

const party = (name: string, role: PartyRole, keys: [KeySigner, string][]) => ({
  party: name,
  role,
  operator: role === 'service' ? 'power-company' : null,
  keys: keys.map(([signer, use]) => ({ ...publicKeyOf(signer, use), jwk: { ...signer.jwk } })),
});

/** The genesis of the town's log. */
export function genesis(policy: string, origin = 'gridpact.local/log'): Promise<Statement> {
  const body: BodyOf<'log.genesis'> = {
    origin,
    environment: 'sandbox',
    policy,
    parties: [
      party('power-company', 'power-company', [
        [KEYS.operator, 'operator'],
        [KEYS.approver, 'approver'],
      ]),
      party('aggregator-1', 'aggregator', [[KEYS.aggregator, 'signing']]),
      party('aggregator-2', 'aggregator', [[KEYS.rival, 'signing']]),
      party('regulator', 'regulator', [[KEYS.regulator, 'signing']]),
      party('identity', 'registry', [[KEYS.registry, 'signing']]),
      party('ledger', 'service', [[KEYS.ledger, 'promise']]),
    ],
  };
  const signers = [KEYS.operator, KEYS.aggregator, KEYS.rival, KEYS.regulator, KEYS.registry];
  return say('log.genesis', body, { signers, subject: 'log' });
}

/** A user joins. */
export function registered(user: string, signer: KeySigner): Promise<Statement> {
  const body = { ...party(user, 'user', [[signer, 'phone']]), registrar: 'identity' };
  return say('party.registered', body, { by: 'identity', signers: [KEYS.registry, signer], subject: user });
}

/** The program of the town. */
export function program(): Promise<Statement> {
  const rulePack = examplePack({ name: 'none', holidays: [], workdays: [] });
  const body = { program: 'program-1', rulePack, bundleSha256: 'ab'.repeat(32) };
  return say('program.published', body, { subject: 'program-1' });
}

/** An enrolment of user-1 with aggregator-1; both sign. */
export function enrolment(parent: Statement, change: Partial<BodyOf<'enrolment.agreed'>> = {}, telling: Telling = {}) {
  const body: BodyOf<'enrolment.agreed'> = {
    enrolment: 'enrolment-1',
    program: 'program-1',
    aggregator: 'aggregator-1',
    user: 'user-1',
    site: 'site-1',
    meter: 'meter-1',
    feeder: 'feeder-1',
    capabilityWatt: '50000',
    baselineMethod: 'CN_TYP5',
    split: { kind: 'share', aggregatorPercent: '20' },
    penaltyPassThrough: false,
    silence: 'declined',
    consent: { purpose: 'demand response', until: '2027-01-01T00:00:00.000Z' },
    from: '2026-01-01T00:00:00.000Z',
    ...change,
  };
  const signers = [KEYS.aggregator, KEYS.user];
  const parents = [parent.leafHash];
  return say('enrolment.agreed', body, { by: 'aggregator-1', signers, parents, subject: body.enrolment, ...telling });
}

/** The event, announced by two people of the power company. */
export function announced(parent: Statement, telling: Telling = {}): Promise<Statement> {
  const body: BodyOf<'event.announced'> = {
    event: 'event-1',
    program: 'program-1',
    area: 'yiwu',
    direction: 'peak-cut',
    responseType: 'day-ahead-invited',
    intervals: [{ ...WINDOW, needWatt: '100000' }],
    priceCapMicroCnyPerKwh: '4000000',
    gateClosesAt: '2026-07-01T04:20:00.000Z',
    revealBy: '2026-07-01T04:30:00.000Z',
    confirmBy: CONFIRM_BY,
  };
  const signers = [KEYS.operator, KEYS.approver];
  return say('event.announced', body, { signers, parents: [parent.leafHash], ...telling });
}

/** The award of aggregator-1. */
export function award(parent: Statement): Promise<Statement> {
  const intervals = [{ ...WINDOW, watt: '50000' }];
  const body = { event: 'event-1', aggregator: 'aggregator-1', priceMicroCnyPerKwh: '3500000', intervals };
  return say('award.issued', body, { parents: [parent.leafHash], salt: 2 });
}

/** The instruction to user-1. */
export function instruction(
  awarded: Statement,
  enrolled: Statement,
  change: Partial<BodyOf<'instruction.issued'>> = {},
  telling: Telling = {},
): Promise<Statement> {
  const body: BodyOf<'instruction.issued'> = {
    instruction: 'instruction-1',
    event: 'event-1',
    award: awarded.leafHash,
    enrolment: 'enrolment-1',
    enrolmentStatement: enrolled.leafHash,
    user: 'user-1',
    site: 'site-1',
    intervals: [{ ...WINDOW, watt: '50000' }],
    priceMicroCnyPerKwh: '3500000',
    estimatedFen: '17500',
    confirmBy: CONFIRM_BY,
    ...change,
  };
  const parents = [awarded.leafHash, enrolled.leafHash];
  return say('instruction.issued', body, {
    by: 'aggregator-1',
    signers: [KEYS.aggregator],
    parents,
    salt: 3,
    ...telling,
  });
}

/** The answer of user-1, in full unless changed. */
export function confirmation(
  instructed: Statement,
  change: Partial<BodyOf<'curtailment.confirmed'>> = {},
  telling: Telling = {},
): Promise<Statement> {
  const body: BodyOf<'curtailment.confirmed'> = {
    instruction: 'instruction-1',
    event: 'event-1',
    site: 'site-1',
    answer: 'full',
    intervals: [{ ...WINDOW, watt: '50000' }],
    earlier: null,
    via: 'phone',
    offer: null,
    ...change,
  };
  const parents = [instructed.leafHash, ...(body.offer ? [body.offer] : []), ...(body.earlier ? [body.earlier] : [])];
  return say('curtailment.confirmed', body, { by: 'user-1', signers: [KEYS.user], parents, salt: 4, ...telling });
}

/** A standing offer of user-1. */
export function standingOffer(
  enrolled: Statement,
  change: Partial<BodyOf<'standing-offer.signed'>> = {},
): Promise<Statement> {
  const body: BodyOf<'standing-offer.signed'> = {
    offer: 'offer-1',
    enrolment: 'enrolment-1',
    maximumWatt: '60000',
    floorPriceMicroCnyPerKwh: '3000000',
    from: '2026-06-01T00:00:00.000Z',
    until: '2026-08-01T00:00:00.000Z',
    ...change,
  };
  const parents = [enrolled.leafHash];
  return say('standing-offer.signed', body, { by: 'user-1', signers: [KEYS.user], parents, subject: 'enrolment-1' });
}

/** Everything up to the instruction, in the order in which the log takes it. */
export async function untilInstructed(policy: string, origin?: string) {
  const opened = await genesis(policy, origin);
  const joined = await registered('user-1', KEYS.user);
  const published = await program();
  const enrolled = await enrolment(published);
  const event = await announced(published);
  const awarded = await award(event);
  const instructed = await instruction(awarded, enrolled);
  const all = [opened, joined, published, enrolled, event, awarded, instructed];
  return { opened, joined, published, enrolled, event, awarded, instructed, all };
}
