import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { topics } from '@gridpact/contracts';
import { formatInstant } from '@gridpact/kernel';
import { createServiceApp, listen } from '@gridpact/platform/app';
import { inTransaction, migrate } from '@gridpact/platform/postgres';
import { type Opening, parsePromise } from '@gridpact/statement';
import { type FreshDatabase, freshDatabase, kafkaClient, passwordFrom } from '@gridpact/testing';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { aggregatorModule } from './aggregator.module.js';
import { type AggregatorConfig, aggregatorConfig } from './config.js';
import { type ExamplePeers, freshSigner, startPeers } from './peers.fixture.js';
import { entities, migrations } from './schema.js';
import { asTenant, asUser } from './tenancy/scope.js';
import { ExampleTown, OTHER, TENANT, TIMES, rowOf, statementOf } from './town.fixture.js';

const stack = inject('stack');
let peers: ExamplePeers;
let database: FreshDatabase;
let stateDir: string;
let app: NestFastifyApplication;
let base: string;
let town: ExampleTown;

beforeAll(async () => {
  peers = await startPeers();
  database = await freshDatabase(stack, 'aggregator');
  stateDir = await mkdtemp(join(tmpdir(), 'aggregator-'));
  const config = configOf();
  await migrate(config, entities, migrations);
  app = await createServiceApp(aggregatorModule(config), config, { title: 'Aggregator', description: 'Test' });
  await listen(app, config);
  base = `http://127.0.0.1:${config.GRIDPACT_HTTP_PORT}`;
  town = new ExampleTown(app, base, peers);
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
    town.setClock(TIMES.enrolling);
    const user = await town.enrolled(TENANT);
    expect(user.code).toMatch(/./);
    expect(user.statement).toMatch(/^[0-9a-f]{64}$/);
    const [message] = await town.outboxOf(topics.enrolment.name, user.site);
    expect(message).toMatchObject({ enrolment: user.enrolment, statement: user.statement, gateway: 'gw-01' });
    const submitted = await town.submissionOfStatement(user.statement);
    expect(submitted.audience).toEqual([TENANT, user.party, 'settlement', 'power-company']);
    expect(submitted.statement.signatures).toHaveLength(2);
    expect(submitted.statement.envelope).toMatchObject({ by: TENANT, parents: [peers.programStatement] });
  });

  it('changes nothing when one row is bad, and says how to mend it', async () => {
    const good = rowOf();
    const answer = await town.staff(TENANT, 'POST', '/v1/sites', [good, { ...rowOf(), program: 'program-9' }]);
    expect(answer.status).toBe(422);
    expect(answer.text).toContain('unknown_program');
    expect(answer.body).toMatchObject({ code: 'rows_refused', issues: [{ path: '1' }] });
    expect((await town.staff(TENANT, 'GET', `/v1/sites?limit=200`)).text).not.toContain(good.site);
  });

  it('never takes one site, or its meter, twice for a program, whoever asks', async () => {
    const user = await town.enrolled(TENANT);
    const again = { ...rowOf(), site: user.site, meter: user.meter };
    for (const tenant of [TENANT, OTHER]) {
      const refused = await town.staff(tenant, 'POST', '/v1/sites', [again]);
      expect(refused).toMatchObject({ status: 422, body: { code: 'rows_refused' } });
      expect(refused.text).toContain('already_enrolled');
    }
  });

  it('gives the same draft and a fresh code when a row is sent again before it is signed', async () => {
    const row = rowOf();
    const [first, second] = [await town.enrolOne(TENANT, row), await town.enrolOne(TENANT, row)];
    expect(second).toMatchObject({ enrolment: first.enrolment, user: first.user });
    expect(second.code).not.toBe(first.code);
  });

  it('refuses a signature by a key that the log does not know, or that is another user’s', async () => {
    const draft = await town.enrolOne(TENANT, rowOf());
    const stranger = freshSigner();
    expect(await town.signDraft(draft, stranger)).toMatchObject({ status: 409, body: { code: 'unknown_key' } });
    peers.register('user-someone-else', stranger);
    expect(await town.signDraft(draft, stranger)).toMatchObject({ status: 403, body: { code: 'foreign_statement' } });
  });

  it('pages through the sites of the tenant alone', async () => {
    const sites: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const { body } = await town.staff(TENANT, 'GET', `/v1/sites?limit=2&cursor=${cursor}`);
      const page = body as { items: { site: string }[]; next: string | null };
      sites.push(...page.items.map(({ site }) => site));
      cursor = page.next;
    }
    expect(new Set(sites).size).toBe(sites.length);
    expect(sites.length).toBeGreaterThanOrEqual(4);
    expect((await town.staff(OTHER, 'GET', '/v1/sites')).body).toEqual({ items: [], next: null });
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
    await town.fullEvent();
    const source = app.get(DataSource);
    for (const table of TABLES) {
      const [{ count }] = await inTransaction(source, (tx) => tx.query(`SELECT count(*)::int AS count FROM ${table}`));
      expect([table, count]).toEqual([table, 0]);
    }
  });

  it('denies a tenant the rows of another, to read and to write', async () => {
    const user = await town.enrolled(TENANT);
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
    const [one, two] = [await town.enrolled(TENANT), await town.enrolled(TENANT)];
    const source = app.get(DataSource);
    const seen = await asUser(source, one.party, (tx) => tx.query('SELECT site FROM enrolment'));
    expect(seen).toEqual([{ site: one.site }]);
    const foreign = await town.userGets(two, `/v1/me/receipts/${one.statement}`);
    expect(foreign).toMatchObject({ status: 404, body: { code: 'unknown_statement' } });
  });

  it('hides a statement from other staff and from callers whose party is no tenant', async () => {
    const user = await town.enrolled(TENANT);
    expect((await town.staff(TENANT, 'GET', `/v1/statements/${user.statement}`)).body).toMatchObject({
      state: 'waiting',
    });
    expect((await town.staff(OTHER, 'GET', `/v1/statements/${user.statement}`)).status).toBe(404);
    expect((await town.staff('aggregator-99', 'GET', '/v1/sites')).body).toMatchObject({ code: 'unknown_tenant' });
  });
});

describe('a nomination', () => {
  it('is committed without its body, decided by the dispatcher, and revealed after the gate with the same salt', async () => {
    const event = await town.announced();
    const blocks = [{ watt: '9000', priceMicroCnyPerKwh: '1000000' }];
    const sent = await town.staff(TENANT, 'POST', `/v1/events/${event}/nominations`, { blocks });
    expect(sent.status).toBe(202);
    const { nomination } = sent.body as { nomination: string };
    const again = await town.staff(TENANT, 'POST', `/v1/events/${event}/nominations`, { blocks });
    expect(again.body).toMatchObject({ code: 'already_nominated' });
    await town.decide({ event, aggregator: TENANT, nomination, outcome: { accepted: true, promise: 'cHJvbWlzZQ==' } });
    town.setClock(TIMES.gate);
    const messages = await vi.waitFor(async () => {
      const found = (await town.outboxOf(topics.nomination.name, event)) as {
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
    const { body } = await town.staff(TENANT, 'GET', `/v1/events/${event}/nominations`);
    expect(body).toMatchObject({ items: [{ nomination, decision: 'accepted', revealed: revealed?.leafHash }] });
    expect((await town.staff(OTHER, 'GET', `/v1/events/${event}/nominations`)).body).toEqual({ items: [] });
  });

  it('may follow one that was refused, and is refused after the gate', async () => {
    const event = await town.announced();
    const blocks = [{ watt: '9000', priceMicroCnyPerKwh: '1000000' }];
    const { body } = await town.staff(TENANT, 'POST', `/v1/events/${event}/nominations`, { blocks });
    const { nomination } = body as { nomination: string };
    await town.decide({
      event,
      aggregator: TENANT,
      nomination,
      outcome: { accepted: false, code: 'late', detail: 'late' },
    });
    expect((await town.staff(TENANT, 'POST', `/v1/events/${event}/nominations`, { blocks })).status).toBe(202);
    town.setClock(TIMES.gate);
    const late = await town.staff(OTHER, 'POST', `/v1/events/${event}/nominations`, { blocks });
    expect(late).toMatchObject({ status: 409, body: { code: 'gate_closed' } });
  });
});

describe('an award', () => {
  it('issues one signed instruction per site, and none again when it is redelivered', async () => {
    const { event, award, users } = await town.awardedEvent(3);
    await Promise.all([town.deliverAward(award), town.deliverAward(award), town.deliverAward(award)]);
    const issued = await town.tenantQuery('SELECT statement, body FROM instruction WHERE event = $1', [event]);
    expect(issued).toHaveLength(3);
    const submitted = await Promise.all(issued.map(({ statement }) => town.submissionOfStatement(String(statement))));
    expect(submitted.map(({ statement }) => statement.envelope.type)).toEqual(Array(3).fill('instruction.issued'));
    expect(await town.submissionsAbout(event)).toHaveLength(3);
    const [mine] = await town.instructionsOf(users[0], event);
    expect(mine).toMatchObject({ state: 'waiting', silence: 'declined', standing: null });
    const enrolment = users[0].statement;
    const own = submitted.find(({ statement }) => statement.leafHash === mine?.statement);
    expect(own?.statement.envelope.parents).toEqual([award.statement, enrolment]);
    expect(own?.audience).toEqual([users[0].party, TENANT, 'settlement']);
  });
});

describe('a confirmation', () => {
  it('sent 50 times at once has one effect and always the same promise', async () => {
    const { event, users } = await town.awardedEvent(1);
    const [user] = users;
    const [asked] = await town.instructionsOf(user, event);
    const sent = await town.confirmation(user, asked);
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => town.userSends(user, '/v1/me/confirmations', sent)),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    const { statement, promise } = answers[0]?.body as { statement: string; promise: string };
    expect(await town.tenantQuery('SELECT statement FROM answer WHERE statement = $1', [statement])).toHaveLength(1);
    expect(await town.outboxOf(topics.confirmation.name, user.site)).toMatchObject([
      { statement, answer: 'full', earlier: null },
    ]);
    const submitted = await town.submissionOfStatement(statement);
    expect(submitted).toMatchObject({ audience: [user.party, TENANT, 'settlement', 'dispatcher'], promise });
    const promised = parsePromise(Buffer.from(promise, 'base64'));
    expect(promised).toMatchObject({ ok: true, value: { promise: { statement, by: 'aggregator' } } });
  });

  it('of 50 different ones at once, exactly one stands as the first', async () => {
    const { event, users } = await town.awardedEvent(1);
    const [user] = users;
    const [asked] = await town.instructionsOf(user, event);
    const sent = await Promise.all(Array.from({ length: 50 }, () => town.confirmation(user, asked)));
    const answers = await Promise.all(sent.map((one) => town.userSends(user, '/v1/me/confirmations', one)));
    expect(answers.filter(({ status }) => status === 202)).toHaveLength(1);
    const refusals = answers.filter(({ status }) => status !== 202).map(({ body }) => (body as { code: string }).code);
    expect(new Set(refusals)).toEqual(new Set(['earlier_mismatch']));
    expect(await town.outboxOf(topics.confirmation.name, user.site)).toHaveLength(1);
  });

  it('may be replaced by a later one that names it', async () => {
    const { event, users } = await town.awardedEvent(1);
    const [user] = users;
    const [asked] = await town.instructionsOf(user, event);
    const first = await town.userSends(user, '/v1/me/confirmations', await town.confirmation(user, asked));
    const { statement } = first.body as { statement: string };
    const declined = await town.confirmation(user, asked, { answer: 'declined', intervals: [], earlier: statement });
    const later = await town.userSends(user, '/v1/me/confirmations', declined);
    expect(later.status).toBe(202);
    expect(await town.instructionsOf(user, event)).toMatchObject([
      { state: 'answered', standing: (later.body as { statement: string }).statement },
    ]);
    expect((await town.eventOf(event)).intervals[0]).toMatchObject({ confirmedWatt: '0', waitingWatt: '0' });
  });

  it('is refused after the deadline, and changes nothing', async () => {
    const { event, users } = await town.awardedEvent(1);
    const [asked] = await town.instructionsOf(users[0], event);
    const sent = await town.confirmation(users[0], asked);
    town.setClock('2018-07-26T02:00:00.001Z');
    const late = await town.userSends(users[0], '/v1/me/confirmations', sent);
    expect(late).toMatchObject({ status: 409, body: { code: 'deadline_passed' } });
    expect(await town.outboxOf(topics.confirmation.name, users[0].site)).toEqual([]);
  });

  it('of another user is refused, whether replayed or signed anew', async () => {
    const { event, users } = await town.awardedEvent(2);
    const [mine, other] = users;
    const [asked] = await town.instructionsOf(mine, event);
    const replayed = await town.userSends(other, '/v1/me/confirmations', await town.confirmation(mine, asked));
    expect(replayed).toMatchObject({ status: 404, body: { code: 'foreign_instruction' } });
    const forged = await town.confirmation({ ...mine, signer: other.signer }, asked);
    expect(await town.userSends(mine, '/v1/me/confirmations', forged)).toMatchObject({
      status: 403,
      body: { code: 'foreign_statement' },
    });
  });

  it('whose body does not open its commitment is refused', async () => {
    const { event, users } = await town.awardedEvent(1);
    const [asked] = await town.instructionsOf(users[0], event);
    const { entry, opening } = await town.confirmation(users[0], asked);
    const swapped = { entry, opening: { ...opening, body: { ...(opening.body as object), answer: 'part' } } };
    const refused = await town.userSends(users[0], '/v1/me/confirmations', swapped);
    expect(refused).toMatchObject({ status: 400, body: { code: 'wrong_opening' } });
  });
});

describe('a standing offer', () => {
  it('takes a name once, whoever offers', async () => {
    const [one, two] = [await town.enrolled(TENANT), await town.enrolled(OTHER)];
    const name = `offer-${one.enrolment}`;
    expect((await town.standingOffer(one, name)).status).toBe(202);
    expect(await town.standingOffer(two, name)).toMatchObject({ status: 409, body: { code: 'offer_taken' } });
  });
});

describe('at the deadline', () => {
  it('a standing offer answers, silence is noted, and both only once', async () => {
    const { event, users } = await town.awardedEvent(2);
    const [offering, silent] = users;
    const offer = await town.standingOffer(offering);
    expect(offer.status).toBe(202);
    town.setClock(TIMES.deadline);
    await vi.waitFor(async () => expect((await town.eventOf(event)).intervals[0]).toMatchObject({ waitingWatt: '0' }));
    expect(await town.instructionsOf(silent, event)).toMatchObject([{ state: 'silent', standing: null }]);
    const [answered] = await town.instructionsOf(offering, event);
    expect(answered?.answer).toMatchObject({
      via: 'standing-offer',
      offer: (offer.body as { statement: string }).statement,
    });
    const submitted = await town.submissionOfStatement(answered?.standing ?? '');
    expect(submitted.statement.envelope).toMatchObject({ by: TENANT });
    const promised = parsePromise(Buffer.from(submitted.promise ?? '', 'base64'));
    expect(promised.ok && formatInstant(promised.value.promise.receivedAt)).toBe(TIMES.deadline);
    expect(await town.outboxOf(topics.confirmation.name, offering.site)).toHaveLength(1);
    expect(await town.outboxOf(topics.confirmation.name, silent.site)).toEqual([]);
  });

  it('silence accepts where the contract says so', async () => {
    const { event, users } = await town.awardedEvent(1, { silence: 'accepted' });
    town.setClock(TIMES.deadline);
    await vi.waitFor(async () => {
      expect(await town.instructionsOf(users[0], event)).toMatchObject([
        { state: 'answered', answer: { via: 'silence' } },
      ]);
    });
  });
});

describe('a withdrawal', () => {
  it('leaves the event from its time on, once', async () => {
    const { event, users } = await town.awardedEvent(1);
    const [user] = users;
    const [asked] = await town.instructionsOf(user, event);
    const confirmed = await town.userSends(user, '/v1/me/confirmations', await town.confirmation(user, asked));
    const { statement } = confirmed.body as { statement: string };
    town.setClock(TIMES.during);
    const early = await town.withdrawal(user, event, statement, '2018-07-26T06:00:00.000Z');
    expect(early).toMatchObject({ status: 422, body: { code: 'effective_in_past' } });
    const left = await town.withdrawal(user, event, statement, '2018-07-26T06:30:00.000Z');
    expect(left.status).toBe(202);
    const second = await town.withdrawal(user, event, statement, '2018-07-26T06:45:00.000Z');
    expect(second).toMatchObject({ status: 409, body: { code: 'already_withdrawn' } });
    const messages = await town.outboxOf(topics.confirmation.name, user.site);
    expect(messages).toMatchObject([
      { answer: 'full' },
      { answer: 'withdrawn', earlier: statement, intervals: [{ end: '2018-07-26T06:30:00.000Z' }] },
    ]);
    const { items } = (await town.staff(TENANT, 'GET', `/v1/events/${event}/sites`)).body as { items: object[] };
    expect(items).toMatchObject([{ site: user.site, state: 'withdrawn', withdrawnFrom: '2018-07-26T06:30:00.000Z' }]);
  });
});

describe('a receipt', () => {
  it('comes through Kafka and is given to the user whose statement it proves', async () => {
    town.setClock(TIMES.enrolling);
    const user = await town.enrolled(TENANT);
    expect((await town.userGets(user, `/v1/me/receipts/${user.statement}`)).body).toMatchObject({
      code: 'receipt_pending',
    });
    const about = { statement: user.statement, type: 'enrolment.agreed' as const, subject: user.enrolment };
    const value = { ...about, index: 7, receipt: 'proof', sealedAt: '2026-11-24T00:00:00.000Z' };
    await sendAsLedger(topics.receipt.name, user.enrolment, value);
    await vi.waitFor(
      async () => expect((await town.userGets(user, `/v1/me/receipts/${user.statement}`)).status).toBe(200),
      10_000,
    );
    expect((await town.userGets(user, `/v1/me/receipts/${user.statement}`)).body).toEqual(value);
    expect(await (await fetch(`${base}/metrics`)).text()).toMatch(
      /gridpact_statement_receipt_seconds_count\{type="enrolment.agreed"\}/,
    );
  });
});

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

/** Sends a message with the ledger's rights, as only it may. */
async function sendAsLedger(topic: string, key: string, value: unknown): Promise<void> {
  const producer = kafkaClient(stack, 'ledger').producer();
  await producer.connect();
  await producer.send({ topic, messages: [{ key, value: JSON.stringify(value) }] });
  await producer.disconnect();
}
