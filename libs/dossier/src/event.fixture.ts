import { instantOf } from '@gridpact/kernel';
import { examplePack } from '@gridpact/program';
import {
  type BodyOf,
  type Statement,
  STATEMENT_TYPES,
  type StatementType,
  ed25519Signer,
  prepare,
  signStatement,
} from '@gridpact/statement';
import { toBase64, toBase64Url } from '@gridpact/tlog';
import type { HandedStatement } from './evidence.js';

export const EVENT = 'event-1';
export const SITE = 'site-001';
const PROGRAM = 'program-1';
const signer = ed25519Signer({ kty: 'OKP', crv: 'Ed25519', d: toBase64Url(new Uint8Array(32).fill(1)) });
const AT = instantOf('2026-07-01T01:00:00.000Z');
export const START = '2026-07-02T06:00:00.000Z';
export const END = '2026-07-02T07:00:00.000Z';

/** Signs a statement about the test's event. */
export function sign<T extends StatementType>(type: T, body: BodyOf<T>, parents: string[] = []): Promise<Statement<T>> {
  const said = { type, at: AT, by: 'party-1', subject: EVENT, parents, body };
  const draft = STATEMENT_TYPES[type].open ? said : { ...said, salt: new Uint8Array(32).fill(7) };
  return signStatement(prepare<T>(draft), [signer]);
}

/** Hands statements over at ascending log indexes, opened unless `sealed` names them. */
export function handed(statements: readonly Statement[], sealed: readonly Statement[] = []): HandedStatement[] {
  return statements.map((statement, index) => ({
    entry: toBase64(statement.entry),
    index,
    ...(statement.opening && !sealed.includes(statement) ? { opening: statement.opening } : {}),
  }));
}

/** Body of the announcement of an event of one hour. */
export function announcedBody(event = EVENT, start = START, end = END): BodyOf<'event.announced'> {
  return {
    event,
    program: PROGRAM,
    area: 'city',
    direction: 'peak-cut',
    responseType: 'day-ahead-invited',
    intervals: [{ start, end, needWatt: '100000' }],
    priceCapMicroCnyPerKwh: '4000000',
    gateClosesAt: '2026-07-01T04:00:00.000Z',
    revealBy: '2026-07-01T05:00:00.000Z',
    confirmBy: '2026-07-02T02:00:00.000Z',
  };
}

/** The program whose rules settle the event. */
export function programBody(bundleSha256 = 'ab'.repeat(32)): BodyOf<'program.published'> {
  const rulePack = examplePack({ name: 'no holidays', holidays: [], workdays: [] });
  return { program: PROGRAM, rulePack, bundleSha256 };
}

function contractBody(site: string, feeder: string): BodyOf<'enrolment.agreed'> {
  return {
    enrolment: `enrolment-${site}`,
    program: PROGRAM,
    aggregator: 'aggregator-1',
    user: `user-${site}`,
    site,
    meter: `meter-${site}`,
    feeder,
    capabilityWatt: '60000',
    baselineMethod: 'CN_TYP5',
    split: { kind: 'share', aggregatorPercent: '20' },
    penaltyPassThrough: false,
    silence: 'declined',
    consent: { purpose: 'settlement', until: '2027-01-01T00:00:00.000Z' },
    from: '2026-06-01T00:00:00.000Z',
  };
}

/** A user's answer to the instruction of a site. */
export function answerBody(
  watt: string,
  answer: 'full' | 'part' | 'declined' = 'full',
  site = SITE,
): BodyOf<'curtailment.confirmed'> {
  return {
    instruction: `instruction-${site}`,
    event: EVENT,
    site,
    answer,
    intervals: [{ start: START, end: END, watt }],
    earlier: null,
    via: 'phone',
    offer: null,
  };
}

/** The feeder of a site was without supply during the event. */
export function outageBody(feeder: string): BodyOf<'outage.flagged'> {
  return { event: EVENT, feeder, start: START, end: END, source: 'SCADA' };
}

/** Contract and instruction of one site. */
export async function instructed(site = SITE, feeder = 'feeder-1') {
  const contract = await sign('enrolment.agreed', contractBody(site, feeder));
  const instruction = await sign('instruction.issued', {
    instruction: `instruction-${site}`,
    event: EVENT,
    award: 'cd'.repeat(32),
    enrolment: `enrolment-${site}`,
    enrolmentStatement: contract.leafHash,
    user: `user-${site}`,
    site,
    intervals: [{ start: START, end: END, watt: '50000' }],
    priceMicroCnyPerKwh: '2000000',
    estimatedFen: '10000',
    confirmBy: '2026-07-02T02:00:00.000Z',
  });
  return { contract, instruction };
}

/** The open statements that every event needs: program, announcement, clearing. */
export async function openChain() {
  const program = await sign('program.published', programBody());
  const announced = await sign('event.announced', announcedBody());
  const clearing = await sign('clearing.computed', {
    event: EVENT,
    pricing: 'uniform',
    clearingPriceMicroCnyPerKwh: '2000000',
    intervals: [{ start: START, end: END, needWatt: '100000', awardedWatt: '50000' }],
    nominations: [],
    excluded: [],
    awards: { root: 'ef'.repeat(32), count: 1 },
  });
  return { program, announced, clearing };
}
