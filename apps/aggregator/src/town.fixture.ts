import { randomUUID } from 'node:crypto';
import { type Awarded, type EventChanged, type NominationDecision, topics } from '@gridpact/contracts';
import { instantOf, machineInstant } from '@gridpact/kernel';
import { MappedClock } from '@gridpact/platform/clock';
import type { KafkaBatch } from '@gridpact/platform/kafka';
import {
  type BodyOf,
  type Draft,
  type Envelope,
  type KeySigner,
  type Opening,
  type Statement,
  type StatementType,
  openBody,
  parseStatement,
  prepare,
  signPayload,
  signStatement,
} from '@gridpact/statement';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DataSource } from 'typeorm';
import { expect } from 'vitest';
import { EventMessages } from './events/event.messages.js';
import { AwardMessages } from './instructions/award.messages.js';
import type { InstructionView } from './instructions/instruction-store.js';
import { NominationMessages } from './nominations/nomination.messages.js';
import { type ExamplePeers, freshSigner } from './peers.fixture.js';
import { asTenant } from './tenancy/scope.js';

export const TENANT = 'aggregator-71';
export const OTHER = 'aggregator-72';
export const TIMES = {
  enrolling: '2018-07-25T01:00:00.000Z',
  gate: '2018-07-25T04:00:00.000Z',
  answering: '2018-07-25T12:00:00.000Z',
  deadline: '2018-07-26T02:00:00.000Z',
  during: '2018-07-26T06:20:00.000Z',
};
export const INTERVALS = [
  { start: '2018-07-26T06:00:00.000Z', end: '2018-07-26T07:00:00.000Z' },
  { start: '2018-07-26T07:00:00.000Z', end: '2018-07-26T08:00:00.000Z' },
];

export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly body: unknown;
}

export interface User {
  readonly site: string;
  readonly meter: string;
  readonly enrolment: string;
  readonly statement: string;
  readonly party: string;
  readonly code: string;
  readonly signer: KeySigner;
}

export interface Draftee {
  readonly site: string;
  readonly enrolment: string;
  readonly user: string;
  readonly code: string;
}

export type Sent = { entry: string; opening: Opening };

export type Row = ReturnType<typeof rowOf>;

export interface AwardedEvent {
  readonly event: string;
  readonly award: Awarded;
  readonly users: [User, User, ...User[]];
}

export interface Submitted {
  readonly statement: Statement;
  readonly audience: string[];
  readonly promise?: string;
}

/** An aggregator service under test, with everybody who uses it. */
export class ExampleTown {
  private revision = 0;

  constructor(
    private readonly app: NestFastifyApplication,
    private readonly base: string,
    private readonly peers: ExamplePeers,
  ) {}

  /** Holds business time at a moment; production follows no topic, so nobody else moves it. */
  setClock(at: string): void {
    this.revision += 1;
    const mapping = { machineEpoch: machineInstant(0), businessEpoch: instantOf(at), ratePermille: 0 };
    this.app.get(MappedClock).follow(this.revision, mapping);
  }

  async enrolOne(tenant: string, row: Row): Promise<Draftee> {
    const answer = await this.staff(tenant, 'POST', '/v1/sites', [row]);
    expect([answer.status, answer.text]).toEqual([201, expect.any(String)]);
    const { items } = answer.body as { items: Draftee[] };
    return items[0] as Draftee;
  }

  async signDraft(draft: Draftee, signer: KeySigner): Promise<Answer> {
    const token = await this.peers.token(draft.user, 'user');
    const { body } = await this.request('GET', '/v1/me/enrolments', token);
    const { enrolments } = body as { enrolments: { payload: string }[] };
    const { protectedHeader, signature } = await signPayload(
      enrolments[0]?.payload ?? '',
      'gridpact-statement',
      signer,
    );
    const signed = { protected: protectedHeader, signature: Buffer.from(signature).toString('base64url') };
    return this.request('POST', `/v1/me/enrolments/${draft.enrolment}/signature`, token, signed);
  }

  async enrolled(tenant: string, changes: Partial<Row> = {}): Promise<User> {
    const row = { ...rowOf(), ...changes };
    const draft = await this.enrolOne(tenant, row);
    const signer = freshSigner();
    this.peers.register(draft.user, signer);
    const answer = await this.signDraft(draft, signer);
    expect([answer.status, answer.text]).toEqual([200, expect.any(String)]);
    const { statement } = answer.body as { statement: string };
    return {
      site: row.site,
      meter: row.meter,
      enrolment: draft.enrolment,
      statement,
      party: draft.user,
      code: draft.code,
      signer,
    };
  }

  /** An event of an area of its own, so that only its own sites serve it. */
  async announced(area = `area-${randomUUID().slice(0, 8)}`): Promise<string> {
    this.setClock(TIMES.enrolling);
    const event = `event-${randomUUID().slice(0, 13)}`;
    const body: BodyOf<'event.announced'> = {
      event,
      program: 'program-1',
      area,
      direction: 'peak-cut',
      responseType: 'day-ahead-invited',
      intervals: INTERVALS.map((interval) => ({ ...interval, needWatt: '100000' })),
      priceCapMicroCnyPerKwh: '1500000',
      gateClosesAt: TIMES.gate,
      revealBy: '2018-07-25T05:00:00.000Z',
      confirmBy: TIMES.deadline,
    };
    const statement = event.padEnd(64, '0').replaceAll(/[^0-9a-f]/g, 'a');
    const value: EventChanged = {
      event,
      state: 'announced',
      revision: 1,
      announced: body,
      statement,
      programStatement: this.peers.programStatement,
      at: TIMES.enrolling,
    };
    await this.app.get(EventMessages).onEvents(batchOf(value));
    return event;
  }

  /** Sites in an area, an event there, and an award that asks all of them for all they can; time stands before the deadline. */
  async awardedEvent(sites: number, changes: Partial<Row> = {}): Promise<AwardedEvent> {
    this.setClock(TIMES.enrolling);
    const area = `area-${randomUUID().slice(0, 8)}`;
    const users: User[] = [];
    for (let at = 0; at < sites; at += 1) users.push(await this.enrolled(TENANT, { ...changes, area }));
    const event = await this.announced(area);
    this.setClock(TIMES.answering);
    const award = await this.awardOf(event, BigInt(sites) * 5000n);
    await this.deliverAward(award);
    return { event, award, users: users as [User, User, ...User[]] };
  }

  async awardOf(event: string, watt: bigint): Promise<Awarded> {
    const intervals = INTERVALS.map((interval) => ({ ...interval, watt: String(watt) }));
    const body = { event, aggregator: TENANT, priceMicroCnyPerKwh: '1200000', intervals };
    const said = { at: instantOf(TIMES.answering), by: 'power-company', subject: event, parents: [] };
    const statement = await signed({ type: 'award.issued', ...said, body, salt: salt() }, freshSigner());
    return { event, aggregator: TENANT, statement: statement.leafHash, ...sentOf(statement) };
  }

  /** One whole event, so that every table has rows. */
  async fullEvent(): Promise<void> {
    const { event, users } = await this.awardedEvent(1);
    const blocks = [{ watt: '9000', priceMicroCnyPerKwh: '1000000' }];
    const other = await this.announced();
    await this.staff(TENANT, 'POST', `/v1/events/${other}/nominations`, { blocks });
    await this.standingOffer(users[0]);
    this.setClock(TIMES.answering);
    const [asked] = await this.instructionsOf(users[0], event);
    const confirmed = await this.userSends(users[0], '/v1/me/confirmations', await this.confirmation(users[0], asked));
    this.setClock(TIMES.during);
    const { statement } = confirmed.body as { statement: string };
    expect((await this.withdrawal(users[0], event, statement, TIMES.during)).status).toBe(202);
  }

  deliverAward(award: Awarded): Promise<void> {
    return this.app.get(AwardMessages).onAwards(batchOf(award));
  }

  decide(decision: NominationDecision): Promise<void> {
    return this.app.get(NominationMessages).onDecisions(batchOf(decision));
  }

  async instructionsOf(user: User, event: string): Promise<InstructionView[]> {
    const { body } = await this.userGets(user, `/v1/me/instructions?event=${event}`);
    return (body as { instructions: InstructionView[] }).instructions;
  }

  async confirmation(
    { party, signer }: User,
    asked: InstructionView | undefined,
    changes: Partial<BodyOf<'curtailment.confirmed'>> = {},
  ): Promise<Sent> {
    if (!asked) throw new Error('there is no instruction to answer');
    const { instruction, event, site, intervals } = asked.body;
    const plain = { answer: 'full', intervals, earlier: null, via: 'phone', offer: null } as const;
    const body = { instruction, event, site, ...plain, ...changes };
    const parents = body.earlier ? [asked.statement, body.earlier] : [asked.statement];
    const said = { at: instantOf(TIMES.answering), by: party, subject: event, parents };
    return sentOf(await signed({ type: 'curtailment.confirmed', ...said, body, salt: salt() }, signer));
  }

  async standingOffer(user: User, id = `offer-${randomUUID()}`): Promise<Answer> {
    const body = {
      offer: id,
      enrolment: user.enrolment,
      maximumWatt: '9000',
      floorPriceMicroCnyPerKwh: '1000000',
      from: '2018-07-01T00:00:00.000Z',
      until: '2018-08-01T00:00:00.000Z',
    };
    const said = { at: instantOf(TIMES.answering), by: user.party, subject: user.enrolment, parents: [user.statement] };
    const offer = await signed({ type: 'standing-offer.signed', ...said, body, salt: salt() }, user.signer);
    return this.userSends(user, '/v1/me/standing-offers', sentOf(offer));
  }

  async withdrawal(user: User, event: string, answer: string, effectiveAt: string): Promise<Answer> {
    const body = { confirmation: answer, event, site: user.site, effectiveAt, reason: 'a machine failed' };
    const said = { at: instantOf(TIMES.during), by: user.party, subject: event, parents: [answer] };
    const statement = await signed({ type: 'curtailment.withdrawn', ...said, body, salt: salt() }, user.signer);
    return this.userSends(user, '/v1/me/withdrawals', sentOf(statement));
  }

  async submissions(): Promise<Submitted[]> {
    const sent = (await this.outboxOf(topics.submission.name, 'log')) as {
      entry: string;
      audience: string[];
      promise?: string;
      opening?: Opening;
    }[];
    return sent.map(({ entry, opening, ...rest }) => {
      const statement = statementOf(entry);
      expect(openBody(statement, opening).ok).toBe(true);
      return { statement, ...rest };
    });
  }

  async submissionOfStatement(leafHash: string): Promise<Submitted> {
    const found = (await this.submissions()).filter(({ statement }) => statement.leafHash === leafHash);
    expect(found).toHaveLength(1);
    return found[0] as Submitted;
  }

  async submissionsAbout(subject: string): Promise<Envelope[]> {
    return (await this.submissions())
      .map(({ statement }) => statement.envelope)
      .filter((said) => said.subject === subject);
  }

  async outboxOf(topic: string, key: string): Promise<unknown[]> {
    const sql = 'SELECT value FROM outbox WHERE topic = $1 AND key = $2 ORDER BY id';
    const found: { value: string }[] = await this.app.get(DataSource).query(sql, [topic, key]);
    return found.map(({ value }) => JSON.parse(value) as unknown);
  }

  tenantQuery(sql: string, parameters: unknown[]): Promise<Record<string, unknown>[]> {
    return asTenant(this.app.get(DataSource), TENANT, (tx) => tx.query(sql, parameters));
  }

  async eventOf(event: string): Promise<{ intervals: object[] }> {
    return (await this.staff(TENANT, 'GET', `/v1/events/${event}`)).body as { intervals: object[] };
  }

  async staff(tenant: string, method: string, path: string, body?: unknown): Promise<Answer> {
    return this.request(method, path, await this.peers.token(tenant, 'aggregator'), body);
  }

  async userGets({ party }: User, path: string): Promise<Answer> {
    return this.request('GET', path, await this.peers.token(party, 'user'));
  }

  async userSends({ party }: User, path: string, body: unknown): Promise<Answer> {
    return this.request('POST', path, await this.peers.token(party, 'user'), body);
  }

  async request(method: string, path: string, token: string, body?: unknown): Promise<Answer> {
    const headers = {
      authorization: `Bearer ${token}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
    };
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    const response = await fetch(`${this.base}${path}`, { method, headers, ...sent });
    const text = await response.text();
    return { status: response.status, text, body: JSON.parse(text) };
  }
}

export function rowOf() {
  const id = randomUUID().slice(0, 13);
  return {
    site: `site-${id}`,
    meter: `meter-${id}`,
    gateway: 'gw-01',
    feeder: 'feeder-1',
    area: 'yiwu',
    program: 'program-1',
    capabilityWatt: '5000',
    userName: 'Mill',
    baselineMethod: 'CN_TYP5',
    aggregatorPercent: '20',
    silence: 'declined' as 'declined' | 'accepted',
  };
}

export function sentOf({ entry, opening }: Statement): Sent {
  if (!opening) throw new Error('a committed body has an opening');
  return { entry: Buffer.from(entry).toString('base64'), opening };
}

export function salt(): Uint8Array {
  return Buffer.from(randomUUID().replaceAll('-', ''));
}

export function statementOf(entry: string): Statement {
  const parsed = parseStatement(Buffer.from(entry, 'base64'));
  if (!parsed.ok) throw new Error(parsed.refusal.detail);
  return parsed.value;
}

export function signed<T extends StatementType>(draft: Draft<T>, signer: KeySigner): Promise<Statement<T>> {
  return signStatement(prepare(draft), [signer]);
}

export function batchOf<T>(value: T): KafkaBatch<T> {
  const message = { id: randomUUID(), key: 'key', value, offset: '0', timestamp: 0, headers: {} };
  return { topic: 'topic', partition: 0, messages: [message] };
}
