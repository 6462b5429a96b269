import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Awarded, type EventChanged, type NominationDecision, topics } from '@gridpact/contracts';
import { formatInstant, instantOf, machineInstant } from '@gridpact/kernel';
import { createServiceApp, listen } from '@gridpact/platform/app';
import { MappedClock } from '@gridpact/platform/clock';
import type { KafkaBatch } from '@gridpact/platform/kafka';
import { inTransaction, migrate } from '@gridpact/platform/postgres';
import {
  type BodyOf,
  type Draft,
  type Envelope,
  type KeySigner,
  type Opening,
  type Statement,
  type StatementType,
  parsePromise,
  parseStatement,
  openBody,
  prepare,
  signPayload,
  signStatement,
} from '@gridpact/statement';
import { type FreshDatabase, freshDatabase, kafkaClient, passwordFrom } from '@gridpact/testing';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { aggregatorModule } from './aggregator.module.js';
import { type AggregatorConfig, aggregatorConfig } from './config.js';
import { EventMessages } from './events/event.messages.js';
import { AwardMessages } from './instructions/award.messages.js';
import type { InstructionView } from './instructions/instruction-store.js';
import { NominationMessages } from './nominations/nomination.messages.js';
import { type ExamplePeers, freshSigner, startPeers } from './peers.fixture.js';
import { entities, migrations } from './schema.js';
import { asTenant, asUser } from './tenancy/scope.js';

const TENANT = 'aggregator-71';
const OTHER = 'aggregator-72';
const TIMES = {
  enrolling: '2018-07-25T01:00:00.000Z',
  gate: '2018-07-25T04:00:00.000Z',
  answering: '2018-07-25T12:00:00.000Z',
  deadline: '2018-07-26T02:00:00.000Z',
  during: '2018-07-26T06:20:00.000Z',
};
const INTERVALS = [
  { start: '2018-07-26T06:00:00.000Z', end: '2018-07-26T07:00:00.000Z' },
  { start: '2018-07-26T07:00:00.000Z', end: '2018-07-26T08:00:00.000Z' },
];

const stack = inject('stack');
let peers: ExamplePeers;
let database: FreshDatabase;
let stateDir: string;
let app: NestFastifyApplication;
let base: string;
let revision = 0;

beforeAll(async () => {
  peers = await startPeers();
  database = await freshDatabase(stack, 'aggregator');
  stateDir = await mkdtemp(join(tmpdir(), 'aggregator-'));
  const config = configOf();
  await migrate(config, entities, migrations);
  app = await createServiceApp(aggregatorModule(config), config, { title: 'Aggregator', description: 'Test' });
  await listen(app, config);
  base = `http://127.0.0.1:${config.GRIDPACT_HTTP_PORT}`;
  await vi.waitFor(async () => expect((await fetch(`${base}/health/ready`)).status).toBe(200), 20_000);
});
afterAll(async () => {
  await app?.close();
  peers?.close();
  await database?.drop();
  await rm(stateDir, { recursive: true, force: true });
});

describe('enrolment', () => {
  it('makes a draft and a code per row, and signs with both sides once the user has', async () => {
    setClock(TIMES.enrolling);
    const user = await enrolled(TENANT);
    expect(user.code).toMatch(/./);
    expect(user.statement).toMatch(/^[0-9a-f]{64}$/);
    const [message] = await outboxOf(topics.enrolment.name, user.site);
    expect(message).toMatchObject({ enrolment: user.enrolment, statement: user.statement, gateway: 'gw-01' });
    const submitted = await submissionOfStatement(user.statement);
    expect(submitted.audience).toEqual([TENANT, user.party, 'settlement', 'power-company']);
    expect(submitted.statement.signatures).toHaveLength(2);
    expect(submitted.statement.envelope).toMatchObject({ by: TENANT, parents: [peers.programStatement] });
  });

  it('changes nothing when one row is bad, and says how to mend it', async () => {
    const good = rowOf();
    const answer = await staff(TENANT, 'POST', '/v1/sites', [good, { ...rowOf(), program: 'program-9' }]);
    expect(answer.status).toBe(422);
    expect(answer.text).toContain('unknown_program');
    expect(answer.body).toMatchObject({ code: 'rows_refused', issues: [{ path: '1' }] });
    expect((await staff(TENANT, 'GET', `/v1/sites?limit=200`)).text).not.toContain(good.site);
  });

  it('never takes one site, or its meter, twice for a program, whoever asks', async () => {
    const user = await enrolled(TENANT);
    const again = { ...rowOf(), site: user.site, meter: user.meter };
    for (const tenant of [TENANT, OTHER]) {
      const refused = await staff(tenant, 'POST', '/v1/sites', [again]);
      expect(refused).toMatchObject({ status: 422, body: { code: 'rows_refused' } });
      expect(refused.text).toContain('already_enrolled');
    }
  });

  it('gives the same draft and a fresh code when a row is sent again before it is signed', async () => {
    const row = rowOf();
    const [first, second] = [await enrolOne(TENANT, row), await enrolOne(TENANT, row)];
    expect(second).toMatchObject({ enrolment: first.enrolment, user: first.user });
    expect(second.code).not.toBe(first.code);
  });

  it('refuses a signature by a key that the log does not know, or that is another user’s', async () => {
    const draft = await enrolOne(TENANT, rowOf());
    const stranger = freshSigner();
    expect(await signDraft(draft, stranger)).toMatchObject({ status: 409, body: { code: 'unknown_key' } });
    peers.register('user-someone-else', stranger);
    expect(await signDraft(draft, stranger)).toMatchObject({ status: 403, body: { code: 'foreign_statement' } });
  });

  it('pages through the sites of the tenant alone', async () => {
    const sites: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const { body } = await staff(TENANT, 'GET', `/v1/sites?limit=2&cursor=${cursor}`);
      const page = body as { items: { site: string }[]; next: string | null };
      sites.push(...page.items.map(({ site }) => site));
      cursor = page.next;
    }
    expect(new Set(sites).size).toBe(sites.length);
    expect(sites.length).toBeGreaterThanOrEqual(4);
    expect((await staff(OTHER, 'GET', '/v1/sites')).body).toEqual({ items: [], next: null });
  });
});

describe('row-level security', () => {
  const TABLES = [
    'statement',
    'site',
    'enrolment',
    'standing_offer',
    'nomination',
    'award',
    'instruction',
    'answer',
    'withdrawal',
  ];

  it('shows no row of any table without a tenant or a user', async () => {
    await fullEvent();
    const source = app.get(DataSource);
    for (const table of TABLES) {
      const [{ count }] = await inTransaction(source, (tx) => tx.query(`SELECT count(*)::int AS count FROM ${table}`));
      expect([table, count]).toEqual([table, 0]);
    }
  });

  it('denies a tenant the rows of another, to read and to write', async () => {
    const user = await enrolled(TENANT);
    const source = app.get(DataSource);
    const seen = await asTenant(source, OTHER, (tx) => tx.query('SELECT 1 FROM site WHERE site = $1', [user.site]));
    expect(seen).toEqual([]);
    await asTenant(source, OTHER, (tx) => tx.query(`UPDATE site SET area = 'x' WHERE site = $1`, [user.site]));
    const forged = `INSERT INTO statement (statement, tenant, type, subject, entry, taken_at)
                    VALUES ('s', '${TENANT}', 't', 's', '', now())`;
    await expect(asTenant(source, OTHER, (tx) => tx.query(forged))).rejects.toThrow(/row-level security/);
    const [site] = await asTenant(source, TENANT, (tx) =>
      tx.query('SELECT area FROM site WHERE site = $1', [user.site]),
    );
    expect(site).toEqual({ area: 'yiwu' });
  });

  it('shows a user its own rows and none of its neighbour’s', async () => {
    const [one, two] = [await enrolled(TENANT), await enrolled(TENANT)];
    const source = app.get(DataSource);
    const seen = await asUser(source, one.party, (tx) => tx.query('SELECT site FROM enrolment'));
    expect(seen).toEqual([{ site: one.site }]);
    const foreign = await userGets(two, `/v1/me/receipts/${one.statement}`);
    expect(foreign).toMatchObject({ status: 404, body: { code: 'unknown_statement' } });
  });

  it('hides a statement from other staff and from callers whose party is no tenant', async () => {
    const user = await enrolled(TENANT);
    expect((await staff(TENANT, 'GET', `/v1/statements/${user.statement}`)).body).toMatchObject({ state: 'waiting' });
    expect((await staff(OTHER, 'GET', `/v1/statements/${user.statement}`)).status).toBe(404);
    expect((await staff('aggregator-99', 'GET', '/v1/sites')).body).toMatchObject({ code: 'unknown_tenant' });
  });
});

describe('a nomination', () => {
  it('is committed without its body, decided by the dispatcher, and revealed after the gate with the same salt', async () => {
    const event = await announced();
    const blocks = [{ watt: '9000', priceMicroCnyPerKwh: '1000000' }];
    const sent = await staff(TENANT, 'POST', `/v1/events/${event}/nominations`, { blocks });
    expect(sent.status).toBe(202);
    const { nomination } = sent.body as { nomination: string };
    const again = await staff(TENANT, 'POST', `/v1/events/${event}/nominations`, { blocks });
    expect(again.body).toMatchObject({ code: 'already_nominated' });
    await decide({ event, aggregator: TENANT, nomination, outcome: { accepted: true, promise: 'cHJvbWlzZQ==' } });
    setClock(TIMES.gate);
    const messages = await vi.waitFor(async () => {
      const found = (await outboxOf(topics.nomination.name, event)) as {
        kind: string;
        entry: string;
        opening?: Opening;
      }[];
      expect(found).toHaveLength(2);
      return found;
    });
    const [committed, revealed] = messages.map(({ entry }) => statementOf(entry));
    expect(messages.map(({ kind, opening }) => [kind, opening !== undefined])).toEqual([
      ['committed', false],
      ['revealed', true],
    ]);
    expect(revealed?.envelope).toMatchObject({ type: 'nomination.revealed', parents: [committed?.leafHash] });
    expect(revealed?.envelope.body).toEqual(committed?.envelope.body);
    const { body } = await staff(TENANT, 'GET', `/v1/events/${event}/nominations`);
    expect(body).toMatchObject({ items: [{ nomination, decision: 'accepted', revealed: revealed?.leafHash }] });
    expect((await staff(OTHER, 'GET', `/v1/events/${event}/nominations`)).body).toEqual({ items: [] });
  });

  it('may follow one that was refused, and is refused after the gate', async () => {
    const event = await announced();
    const blocks = [{ watt: '9000', priceMicroCnyPerKwh: '1000000' }];
    const { body } = await staff(TENANT, 'POST', `/v1/events/${event}/nominations`, { blocks });
    const { nomination } = body as { nomination: string };
    await decide({ event, aggregator: TENANT, nomination, outcome: { accepted: false, code: 'late', detail: 'late' } });
    expect((await staff(TENANT, 'POST', `/v1/events/${event}/nominations`, { blocks })).status).toBe(202);
    setClock(TIMES.gate);
    const late = await staff(OTHER, 'POST', `/v1/events/${event}/nominations`, { blocks });
    expect(late).toMatchObject({ status: 409, body: { code: 'gate_closed' } });
  });
});

describe('an award', () => {
  it('issues one signed instruction per site, and none again when it is redelivered', async () => {
    const { event, award, users } = await awardedEvent(3);
    await Promise.all([deliverAward(award), deliverAward(award), deliverAward(award)]);
    const issued = await tenantQuery('SELECT statement, body FROM instruction WHERE event = $1', [event]);
    expect(issued).toHaveLength(3);
    const submitted = await Promise.all(issued.map(({ statement }) => submissionOfStatement(String(statement))));
    expect(submitted.map(({ statement }) => statement.envelope.type)).toEqual(Array(3).fill('instruction.issued'));
    expect(await submissionsAbout(event)).toHaveLength(3);
    const [mine] = await instructionsOf(users[0], event);
    expect(mine).toMatchObject({ state: 'waiting', silence: 'declined', standing: null });
    const enrolment = users[0].statement;
    const own = submitted.find(({ statement }) => statement.leafHash === mine?.statement);
    expect(own?.statement.envelope.parents).toEqual([award.statement, enrolment]);
    expect(own?.audience).toEqual([users[0].party, TENANT, 'settlement']);
  });
});

describe('a confirmation', () => {
  it('sent 50 times at once has one effect and always the same promise', async () => {
    const { event, users } = await awardedEvent(1);
    const [user] = users;
    const [asked] = await instructionsOf(user, event);
    const sent = await confirmation(user, asked);
    const answers = await Promise.all(Array.from({ length: 50 }, () => userSends(user, '/v1/me/confirmations', sent)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    const { statement, promise } = answers[0]?.body as { statement: string; promise: string };
    expect(await tenantQuery('SELECT statement FROM answer WHERE statement = $1', [statement])).toHaveLength(1);
    expect(await outboxOf(topics.confirmation.name, user.site)).toMatchObject([
      { statement, answer: 'full', earlier: null },
    ]);
    const submitted = await submissionOfStatement(statement);
    expect(submitted).toMatchObject({ audience: [user.party, TENANT, 'settlement', 'dispatcher'], promise });
    const promised = parsePromise(Buffer.from(promise, 'base64'));
    expect(promised).toMatchObject({ ok: true, value: { promise: { statement, by: 'aggregator' } } });
  });

  it('of 50 different ones at once, exactly one stands as the first', async () => {
    const { event, users } = await awardedEvent(1);
    const [user] = users;
    const [asked] = await instructionsOf(user, event);
    const sent = await Promise.all(Array.from({ length: 50 }, () => confirmation(user, asked)));
    const answers = await Promise.all(sent.map((one) => userSends(user, '/v1/me/confirmations', one)));
    expect(answers.filter(({ status }) => status === 202)).toHaveLength(1);
    const refusals = answers.filter(({ status }) => status !== 202).map(({ body }) => (body as { code: string }).code);
    expect(new Set(refusals)).toEqual(new Set(['earlier_mismatch']));
    expect(await outboxOf(topics.confirmation.name, user.site)).toHaveLength(1);
  });

  it('may be replaced by a later one that names it', async () => {
    const { event, users } = await awardedEvent(1);
    const [user] = users;
    const [asked] = await instructionsOf(user, event);
    const first = await userSends(user, '/v1/me/confirmations', await confirmation(user, asked));
    const { statement } = first.body as { statement: string };
    const declined = await confirmation(user, asked, { answer: 'declined', intervals: [], earlier: statement });
    const later = await userSends(user, '/v1/me/confirmations', declined);
    expect(later.status).toBe(202);
    expect(await instructionsOf(user, event)).toMatchObject([
      { state: 'answered', standing: (later.body as { statement: string }).statement },
    ]);
    expect((await eventOf(event)).intervals[0]).toMatchObject({ confirmedWatt: '0', waitingWatt: '0' });
  });

  it('is refused after the deadline, and changes nothing', async () => {
    const { event, users } = await awardedEvent(1);
    const [asked] = await instructionsOf(users[0], event);
    const sent = await confirmation(users[0], asked);
    setClock('2018-07-26T02:00:00.001Z');
    const late = await userSends(users[0], '/v1/me/confirmations', sent);
    expect(late).toMatchObject({ status: 409, body: { code: 'deadline_passed' } });
    expect(await outboxOf(topics.confirmation.name, users[0].site)).toEqual([]);
  });

  it('of another user is refused, whether replayed or signed anew', async () => {
    const { event, users } = await awardedEvent(2);
    const [mine, other] = users;
    const [asked] = await instructionsOf(mine, event);
    const replayed = await userSends(other, '/v1/me/confirmations', await confirmation(mine, asked));
    expect(replayed).toMatchObject({ status: 404, body: { code: 'foreign_instruction' } });
    const forged = await confirmation({ ...mine, signer: other.signer }, asked);
    expect(await userSends(mine, '/v1/me/confirmations', forged)).toMatchObject({
      status: 403,
      body: { code: 'foreign_statement' },
    });
  });

  it('whose body does not open its commitment is refused', async () => {
    const { event, users } = await awardedEvent(1);
    const [asked] = await instructionsOf(users[0], event);
    const { entry, opening } = await confirmation(users[0], asked);
    const swapped = { entry, opening: { ...opening, body: { ...(opening.body as object), answer: 'part' } } };
    const refused = await userSends(users[0], '/v1/me/confirmations', swapped);
    expect(refused).toMatchObject({ status: 400, body: { code: 'wrong_opening' } });
  });
});

describe('at the deadline', () => {
  it('a standing offer answers, silence is noted, and both only once', async () => {
    const { event, users } = await awardedEvent(2);
    const [offering, silent] = users;
    const offer = await standingOffer(offering);
    expect(offer.status).toBe(202);
    setClock(TIMES.deadline);
    await vi.waitFor(async () => expect((await eventOf(event)).intervals[0]).toMatchObject({ waitingWatt: '0' }));
    expect(await instructionsOf(silent, event)).toMatchObject([{ state: 'silent', standing: null }]);
    const [answered] = await instructionsOf(offering, event);
    expect(answered?.answer).toMatchObject({
      via: 'standing-offer',
      offer: (offer.body as { statement: string }).statement,
    });
    const submitted = await submissionOfStatement(answered?.standing ?? '');
    expect(submitted.statement.envelope).toMatchObject({ by: TENANT });
    const promised = parsePromise(Buffer.from(submitted.promise ?? '', 'base64'));
    expect(promised.ok && formatInstant(promised.value.promise.receivedAt)).toBe(TIMES.deadline);
    expect(await outboxOf(topics.confirmation.name, offering.site)).toHaveLength(1);
    expect(await outboxOf(topics.confirmation.name, silent.site)).toEqual([]);
  });

  it('silence accepts where the contract says so', async () => {
    const { event, users } = await awardedEvent(1, { silence: 'accepted' });
    setClock(TIMES.deadline);
    await vi.waitFor(async () => {
      expect(await instructionsOf(users[0], event)).toMatchObject([{ state: 'answered', answer: { via: 'silence' } }]);
    });
  });
});

describe('a withdrawal', () => {
  it('leaves the event from its time on, once', async () => {
    const { event, users } = await awardedEvent(1);
    const [user] = users;
    const [asked] = await instructionsOf(user, event);
    const confirmed = await userSends(user, '/v1/me/confirmations', await confirmation(user, asked));
    const { statement } = confirmed.body as { statement: string };
    setClock(TIMES.during);
    const early = await withdrawal(user, event, statement, '2018-07-26T06:00:00.000Z');
    expect(early).toMatchObject({ status: 422, body: { code: 'effective_in_past' } });
    const left = await withdrawal(user, event, statement, '2018-07-26T06:30:00.000Z');
    expect(left.status).toBe(202);
    const second = await withdrawal(user, event, statement, '2018-07-26T06:45:00.000Z');
    expect(second).toMatchObject({ status: 409, body: { code: 'already_withdrawn' } });
    const messages = await outboxOf(topics.confirmation.name, user.site);
    expect(messages).toMatchObject([
      { answer: 'full' },
      { answer: 'withdrawn', earlier: statement, intervals: [{ end: '2018-07-26T06:30:00.000Z' }] },
    ]);
    const { items } = (await staff(TENANT, 'GET', `/v1/events/${event}/sites`)).body as { items: object[] };
    expect(items).toMatchObject([{ site: user.site, state: 'withdrawn', withdrawnFrom: '2018-07-26T06:30:00.000Z' }]);
  });
});

describe('a receipt', () => {
  it('comes through Kafka and is given to the user whose statement it proves', async () => {
    setClock(TIMES.enrolling);
    const user = await enrolled(TENANT);
    expect((await userGets(user, `/v1/me/receipts/${user.statement}`)).body).toMatchObject({ code: 'receipt_pending' });
    const about = { statement: user.statement, type: 'enrolment.agreed' as const, subject: user.enrolment };
    const value = { ...about, index: 7, receipt: 'proof', sealedAt: '2026-11-24T00:00:00.000Z' };
    await sendAsLedger(topics.receipt.name, user.enrolment, value);
    await vi.waitFor(
      async () => expect((await userGets(user, `/v1/me/receipts/${user.statement}`)).status).toBe(200),
      10_000,
    );
    expect((await userGets(user, `/v1/me/receipts/${user.statement}`)).body).toEqual(value);
    expect(await (await fetch(`${base}/metrics`)).text()).toMatch(
      /gridpact_statement_receipt_seconds_count\{type="enrolment.agreed"\}/,
    );
  });
});

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly body: unknown;
}
interface User {
  readonly site: string;
  readonly meter: string;
  readonly enrolment: string;
  readonly statement: string;
  readonly party: string;
  readonly code: string;
  readonly signer: KeySigner;
}
interface Draftee {
  readonly site: string;
  readonly enrolment: string;
  readonly user: string;
  readonly code: string;
}
type Sent = { entry: string; opening: Opening };
type Row = ReturnType<typeof rowOf>;

function configOf(): AggregatorConfig {
  const port = 20_000 + Math.floor(Math.random() * 10_000);
  return aggregatorConfig({
    GRIDPACT_ENVIRONMENT: 'production',
    GRIDPACT_SERVICE: 'aggregator',
    GRIDPACT_STATE_DIR: stateDir,
    GRIDPACT_HTTP_PORT: String(port),
    GRIDPACT_DATABASE_URL: database.url,
    GRIDPACT_MIGRATION_DATABASE_URL: database.migrationUrl,
    GRIDPACT_KAFKA_BROKERS: stack.kafka.brokers,
    GRIDPACT_KAFKA_USERNAME: 'aggregator',
    GRIDPACT_KAFKA_PASSWORD: passwordFrom(stack.kafka.users, 'aggregator'),
    GRIDPACT_ISSUER: peers.url,
    GRIDPACT_CLIENT_ID: 'aggregator',
    GRIDPACT_CLIENT_SECRET: 'secret',
    GRIDPACT_IDENTITY_URL: peers.url,
    GRIDPACT_LEDGER_URL: peers.url,
    GRIDPACT_SIGNER_AGGREGATOR_71: `${peers.url}/signer|token`,
    GRIDPACT_SIGNER_AGGREGATOR_72: `${peers.url}/signer|token`,
  });
}

/** Holds business time at a moment; production follows no topic, so nobody else moves it. */
function setClock(at: string): void {
  revision += 1;
  const mapping = { machineEpoch: machineInstant(0), businessEpoch: instantOf(at), ratePermille: 0 };
  app.get(MappedClock).follow(revision, mapping);
}

function rowOf() {
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

async function enrolOne(tenant: string, row: Row): Promise<Draftee> {
  const answer = await staff(tenant, 'POST', '/v1/sites', [row]);
  expect([answer.status, answer.text]).toEqual([201, expect.any(String)]);
  const { items } = answer.body as { items: Draftee[] };
  return items[0] as Draftee;
}

async function signDraft(draft: Draftee, signer: KeySigner): Promise<Answer> {
  const token = await peers.token(draft.user, 'user');
  const { body } = await request('GET', '/v1/me/enrolments', token);
  const { enrolments } = body as { enrolments: { payload: string }[] };
  const { protectedHeader, signature } = await signPayload(enrolments[0]?.payload ?? '', 'gridpact-statement', signer);
  const signed = { protected: protectedHeader, signature: Buffer.from(signature).toString('base64url') };
  return request('POST', `/v1/me/enrolments/${draft.enrolment}/signature`, token, signed);
}

async function enrolled(tenant: string, changes: Partial<Row> = {}): Promise<User> {
  const row = { ...rowOf(), ...changes };
  const draft = await enrolOne(tenant, row);
  const signer = freshSigner();
  peers.register(draft.user, signer);
  const answer = await signDraft(draft, signer);
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
async function announced(area = `area-${randomUUID().slice(0, 8)}`): Promise<string> {
  setClock(TIMES.enrolling);
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
    programStatement: peers.programStatement,
    at: TIMES.enrolling,
  };
  await app.get(EventMessages).onEvents(batchOf(value));
  return event;
}

interface AwardedEvent {
  readonly event: string;
  readonly award: Awarded;
  readonly users: [User, User, ...User[]];
}

/** Sites in an area, an event there, and an award that asks all of them for all they can; time stands before the deadline. */
async function awardedEvent(sites: number, changes: Partial<Row> = {}): Promise<AwardedEvent> {
  setClock(TIMES.enrolling);
  const area = `area-${randomUUID().slice(0, 8)}`;
  const users: User[] = [];
  for (let at = 0; at < sites; at += 1) users.push(await enrolled(TENANT, { ...changes, area }));
  const event = await announced(area);
  setClock(TIMES.answering);
  const award = await awardOf(event, BigInt(sites) * 5000n);
  await deliverAward(award);
  return { event, award, users: users as [User, User, ...User[]] };
}

async function awardOf(event: string, watt: bigint): Promise<Awarded> {
  const intervals = INTERVALS.map((interval) => ({ ...interval, watt: String(watt) }));
  const body = { event, aggregator: TENANT, priceMicroCnyPerKwh: '1200000', intervals };
  const said = { at: instantOf(TIMES.answering), by: 'power-company', subject: event, parents: [] };
  const statement = await signed({ type: 'award.issued', ...said, body, salt: salt() }, freshSigner());
  return { event, aggregator: TENANT, statement: statement.leafHash, ...sentOf(statement) };
}

/** One whole event, so that every table has rows. */
async function fullEvent(): Promise<void> {
  const { event, users } = await awardedEvent(1);
  const blocks = [{ watt: '9000', priceMicroCnyPerKwh: '1000000' }];
  const other = await announced();
  await staff(TENANT, 'POST', `/v1/events/${other}/nominations`, { blocks });
  await standingOffer(users[0]);
  setClock(TIMES.answering);
  const [asked] = await instructionsOf(users[0], event);
  const confirmed = await userSends(users[0], '/v1/me/confirmations', await confirmation(users[0], asked));
  setClock(TIMES.during);
  const { statement } = confirmed.body as { statement: string };
  expect((await withdrawal(users[0], event, statement, TIMES.during)).status).toBe(202);
}

function deliverAward(award: Awarded): Promise<void> {
  return app.get(AwardMessages).onAwards(batchOf(award));
}

function decide(decision: NominationDecision): Promise<void> {
  return app.get(NominationMessages).onDecisions(batchOf(decision));
}

/** Sends a message with the ledger's rights, as only it may. */
async function sendAsLedger(topic: string, key: string, value: unknown): Promise<void> {
  const producer = kafkaClient(stack, 'ledger').producer();
  await producer.connect();
  await producer.send({ topic, messages: [{ key, value: JSON.stringify(value) }] });
  await producer.disconnect();
}

function batchOf<T>(value: T): KafkaBatch<T> {
  const message = { id: randomUUID(), key: 'key', value, offset: '0', timestamp: 0, headers: {} };
  return { topic: 'topic', partition: 0, messages: [message] };
}

async function instructionsOf(user: User, event: string): Promise<InstructionView[]> {
  const { body } = await userGets(user, `/v1/me/instructions?event=${event}`);
  return (body as { instructions: InstructionView[] }).instructions;
}

async function confirmation(
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

async function standingOffer(user: User): Promise<Answer> {
  const body = {
    offer: `offer-${randomUUID()}`,
    enrolment: user.enrolment,
    maximumWatt: '9000',
    floorPriceMicroCnyPerKwh: '1000000',
    from: '2018-07-01T00:00:00.000Z',
    until: '2018-08-01T00:00:00.000Z',
  };
  const said = { at: instantOf(TIMES.answering), by: user.party, subject: user.enrolment, parents: [user.statement] };
  const offer = await signed({ type: 'standing-offer.signed', ...said, body, salt: salt() }, user.signer);
  return userSends(user, '/v1/me/standing-offers', sentOf(offer));
}

async function withdrawal(user: User, event: string, answer: string, effectiveAt: string): Promise<Answer> {
  const body = { confirmation: answer, event, site: user.site, effectiveAt, reason: 'a machine failed' };
  const said = { at: instantOf(TIMES.during), by: user.party, subject: event, parents: [answer] };
  const statement = await signed({ type: 'curtailment.withdrawn', ...said, body, salt: salt() }, user.signer);
  return userSends(user, '/v1/me/withdrawals', sentOf(statement));
}

function signed<T extends StatementType>(draft: Draft<T>, signer: KeySigner): Promise<Statement<T>> {
  return signStatement(prepare(draft), [signer]);
}

function sentOf({ entry, opening }: Statement): Sent {
  if (!opening) throw new Error('a committed body has an opening');
  return { entry: Buffer.from(entry).toString('base64'), opening };
}

function salt(): Uint8Array {
  return Buffer.from(randomUUID().replaceAll('-', ''));
}

function statementOf(entry: string): Statement {
  const parsed = parseStatement(Buffer.from(entry, 'base64'));
  if (!parsed.ok) throw new Error(parsed.refusal.detail);
  return parsed.value;
}

interface Submitted {
  readonly statement: Statement;
  readonly audience: string[];
  readonly promise?: string;
}

async function submissions(): Promise<Submitted[]> {
  const sent = (await outboxOf(topics.submission.name, 'log')) as {
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

async function submissionOfStatement(leafHash: string): Promise<Submitted> {
  const found = (await submissions()).filter(({ statement }) => statement.leafHash === leafHash);
  expect(found).toHaveLength(1);
  return found[0] as Submitted;
}

async function submissionsAbout(subject: string): Promise<Envelope[]> {
  return (await submissions()).map(({ statement }) => statement.envelope).filter((said) => said.subject === subject);
}

async function outboxOf(topic: string, key: string): Promise<unknown[]> {
  const sql = 'SELECT value FROM outbox WHERE topic = $1 AND key = $2 ORDER BY id';
  const found: { value: string }[] = await app.get(DataSource).query(sql, [topic, key]);
  return found.map(({ value }) => JSON.parse(value) as unknown);
}

function tenantQuery(sql: string, parameters: unknown[]): Promise<Record<string, unknown>[]> {
  return asTenant(app.get(DataSource), TENANT, (tx) => tx.query(sql, parameters));
}

async function eventOf(event: string): Promise<{ intervals: object[] }> {
  return (await staff(TENANT, 'GET', `/v1/events/${event}`)).body as { intervals: object[] };
}

async function staff(tenant: string, method: string, path: string, body?: unknown): Promise<Answer> {
  return request(method, path, await peers.token(tenant, 'aggregator'), body);
}

async function userGets({ party }: User, path: string): Promise<Answer> {
  return request('GET', path, await peers.token(party, 'user'));
}

async function userSends({ party }: User, path: string, body: unknown): Promise<Answer> {
  return request('POST', path, await peers.token(party, 'user'), body);
}

async function request(method: string, path: string, token: string, body?: unknown): Promise<Answer> {
  const headers = {
    authorization: `Bearer ${token}`,
    ...(body !== undefined && { 'content-type': 'application/json' }),
  };
  const sent = body === undefined ? {} : { body: JSON.stringify(body) };
  const response = await fetch(`${base}${path}`, { method, headers, ...sent });
  const text = await response.text();
  return { status: response.status, text, body: JSON.parse(text) };
}
