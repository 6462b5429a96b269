import { randomUUID } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { topics, type Topic } from '@gridpact/contracts';
import { readDossier } from '@gridpact/dossier';
import { createServiceApp, listen } from '@gridpact/platform/app';
import { systemMachineClock } from '@gridpact/platform/clock';
import { kafkaClient, KafkaProducer } from '@gridpact/platform/kafka';
import { logger } from '@gridpact/platform/telemetry';
import { prepare, signStatement } from '@gridpact/statement';
import { freshDatabase, passwordFrom, withDatabase, type FreshDatabase } from '@gridpact/testing';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { settlementConfig, type SettlementConfig } from './config.js';
import { startPeers, type Peers } from './peers.fixture.js';
import { settlementModule } from './settlement.module.js';
import { AFTER, BUNDLE_FILE, KEYS, sha256, Town } from './town.fixture.js';
import { migrated, receiptOf } from './world.fixture.js';

const stack = inject('stack');
const EVENT = `ev-${randomUUID().slice(0, 8)}`;
const WAIT = { timeout: 25_000, interval: 100 };

let database: FreshDatabase;
let peers: Peers;
let town: Town;
let app: NestFastifyApplication;
let base: string;

beforeAll(async () => {
  database = await freshDatabase(stack, 'settlement');
  await migrated(database.migrationUrl);
  town = await Town.afterEvent(EVENT);
  peers = await startPeers(town);
  const config = await configuration();
  base = `http://127.0.0.1:${config.GRIDPACT_HTTP_PORT}`;
  app = await createServiceApp(settlementModule(config), config);
  await listen(app, config);
  await vi.waitFor(async () => expect((await get('/health/ready')).status).toBe(200), WAIT);
});

afterAll(async () => {
  await app.close();
  await peers.close();
  await database.drop();
});

describe('every endpoint that changes something', () => {
  const endpoints: readonly [string, string, object][] = [
    ['/v1/me/disputes', 'user', { entry: 'AAAA', opening: { salt: 'x', body: {} } }],
    [`/v1/events/${EVENT}/runs`, 'operator', { kind: 'FINAL', cause: 'end of notice' }],
    ['/v1/disputes/d-1/ruling', 'operator', { outcome: 'upheld', reason: 'wrong reading' }],
  ];

  it.each(endpoints)('%s wants a token, the role, a key, and a body that fits', async (path, role, body) => {
    const before = await footprint();
    const token = await peers.token('somebody', role);
    expect((await post(path, body)).status).toBe(401);
    expect((await post(path, body, await peers.token('device-1', 'device'))).status).toBe(403);
    expect(await (await post(path, body, token, null)).json()).toMatchObject({ code: 'idempotency_key_required' });
    for (const bad of [{}, [], null, { ...body, kind: 'INITIAL', entry: 7, outcome: 'perhaps' }]) {
      const answer = await post(path, bad, token);
      expect([path, answer.status]).toEqual([path, 400]);
      expect(await answer.json()).toMatchObject({ status: 400, type: expect.stringContaining('problems/') });
    }
    expect(await footprint()).toEqual(before);
  });

  it('refuses what names nothing, or what is no dispute', async () => {
    expect(await refusal('/v1/me/disputes', { entry: 'AAAA', opening: { salt: 'x', body: {} } }, 'user')).toBe(
      'bad_statement',
    );
    expect(await refusal('/v1/events/nobody/runs', { kind: 'FINAL', cause: 'now' }, 'operator')).toBe('unknown_event');
    expect(await refusal('/v1/disputes/d-1/ruling', { outcome: 'upheld', reason: 'x' }, 'operator')).toBe(
      'unknown_dispute',
    );
  });
});

describe('an event', () => {
  it('is settled once its window is committed and sealed, and shown to each party as far as it is its own', async () => {
    await tell('ingest', topics.commitment, [...town.commitments, await town.commitWindow()]);
    await seal();
    await untilRun(1);
    expect(await read(`/v1/events/${EVENT}/runs`, 'aggregator-1', 'aggregator')).toMatchObject({
      runs: [{ run: 1, kind: 'INITIAL', totals: { lines: 2, amountFen: '2400', differenceFen: '2400' } }],
    });
    const lines = await read<{ lines: object[] }>(`/v1/events/${EVENT}/lines`, 'aggregator-2', 'aggregator');
    expect(lines.lines).toMatchObject([{ site: 'site-3', amountFen: '1200', userFen: '960', run: 1 }]);
    expect(await read('/v1/me/lines', 'user-2', 'user')).toMatchObject({
      lines: [{ event: EVENT, run: 1, site: 'site-2', userFen: '960', sealed: true, dispute: null }],
    });
    expect((await ask(`/v1/events/${EVENT}/runs`, 'aggregator-9', 'aggregator')).status).toBe(404);
    expect((await ask(`/v1/events/${EVENT}/journal`, 'aggregator-1', 'aggregator')).status).toBe(403);
    const { postings } = await read<{ postings: object[] }>(`/v1/events/${EVENT}/journal`, 'regulator', 'regulator');
    expect(postings).toHaveLength(18);
  });

  it('is disputed by a user, ruled on by the operator, and trued up by the corrected reading', async () => {
    const dispute = await signedDispute();
    const token = await peers.token('user-1', 'user');
    const taken = await post('/v1/me/disputes', dispute, token, 'one-key');
    expect([taken.status, await taken.json()]).toEqual([202, { statement: expect.any(String), dispute: `d-${EVENT}` }]);
    expect((await post('/v1/me/disputes', dispute, token, 'one-key')).status).toBe(202);
    expect(await (await post('/v1/me/disputes', dispute, token)).json()).toMatchObject({ code: 'already_disputed' });
    expect(await read('/v1/disputes', 'aggregator-2', 'aggregator')).toEqual({ disputes: [] });
    expect(await read('/v1/disputes', 'aggregator-1', 'aggregator')).toMatchObject({
      disputes: [{ line: 'site-1', state: 'open' }],
    });
    await seal();
    const ruling = { outcome: 'upheld', reason: 'a reading was wrong' };
    const ruled = await post(`/v1/disputes/d-${EVENT}/ruling`, ruling, await operator());
    expect(await ruled.json()).toMatchObject({ state: 'upheld', rulingStatement: expect.any(String) });
    await tell('ingest', topics.commitment, [await town.correct('meter-1', 7n)]);
    await seal();
    await untilRun(2);
    expect(await read(`/v1/events/${EVENT}/runs`, 'power-company', 'operator')).toMatchObject({
      runs: [{}, { run: 2, kind: 'TRUE_UP', totals: { differenceFen: '240' } }],
    });
  });

  it('is final on request, ordered for payment, and proved by a dossier', async () => {
    const body = { kind: 'FINAL', cause: 'end of notice' };
    expect((await post(`/v1/events/${EVENT}/runs`, body, await operator())).status).toBe(202);
    await untilRun(3);
    expect(await refusal(`/v1/events/${EVENT}/runs`, body, 'operator')).toBe('already_final');
    const path = `/v1/events/${EVENT}/payment-orders`;
    await vi.waitFor(async () => {
      expect(await read(path, 'aggregator-1', 'aggregator')).toMatchObject({
        payments: [
          { payee: 'user-1', amountFen: '1152' },
          { payee: 'user-2', amountFen: '960' },
        ],
      });
    }, WAIT);
    const csv = await (await ask(`${path}?format=csv`, 'power-company', 'operator')).text();
    expect(csv.split('\r\n')).toMatchObject([
      'payment,payer,payee,amount_fen,settlement,at,statement,sealed',
      expect.stringContaining('power-company,aggregator-1,2640,'),
      expect.stringContaining('power-company,aggregator-2,1200,'),
      '',
    ]);
    const answer = await ask(`/v1/events/${EVENT}/dossier`, 'user-1', 'user');
    expect(answer.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    const dossier = readDossier(await answer.text());
    expect(dossier).toMatchObject({ ok: true, value: { holder: { party: 'user-1', role: 'user' } } });
    expect((await ask(`/v1/events/${EVENT}/dossier`, 'user-9', 'user')).status).toBe(404);
  });

  it('heard again from the start of every topic changes nothing', async () => {
    const before = await footprint();
    const marker = { ...(await town.commitWindow()), event: 'marker', kind: 'meter-days' };
    await tell('ingest', topics.commitment, [...town.commitments.slice(0, -1), marker]);
    await tell('ledger', topics.receipt, town.log.entries.map(receiptOf));
    const heard = `SELECT 1 FROM awaited JOIN sealed USING (statement) WHERE statement = '${marker.statement}'`;
    await vi.waitFor(async () => expect(await query(heard)).toHaveLength(1), WAIT);
    await vi.waitFor(async () => {
      const seen = await read<{ pending: object[] }>(`/v1/events/${EVENT}/runs`, 'power-company', 'operator');
      expect(seen.pending).toEqual([]);
    }, WAIT);
    expect(await footprint()).toEqual(before);
  });
});

async function signedDispute(): Promise<object> {
  const { runs } = await read<{ runs: { statement: string }[] }>(
    `/v1/events/${EVENT}/runs`,
    'power-company',
    'operator',
  );
  const settlement = runs[0]?.statement ?? sha256('none');
  const named = { dispute: `d-${EVENT}`, event: EVENT, settlement, site: 'site-1' };
  const body = { ...named, reason: 'the last hour is wrong', evidenceSha256: null };
  const said = {
    at: AFTER,
    by: 'user-1',
    subject: EVENT,
    parents: [settlement],
    salt: new Uint8Array(32).fill(5),
    body,
  };
  const statement = await signStatement(prepare({ type: 'dispute.raised', ...said }), [KEYS['user-1']]);
  return { entry: Buffer.from(statement.entry).toString('base64'), opening: statement.opening };
}

/** What the ledger does: takes what was submitted, and tells everybody that the whole log is sealed. */
async function seal(): Promise<void> {
  for (const { value } of await query<{ value: string }>(SUBMITTED)) {
    const { entry, audience, opening } = JSON.parse(value) as { entry: string; audience: string[]; opening?: never };
    town.log.submit(new Uint8Array(Buffer.from(entry, 'base64')), { audience, opening });
  }
  await tell('ledger', topics.receipt, town.log.entries.map(receiptOf));
}

const SUBMITTED = `SELECT value FROM outbox WHERE topic = 'ledger.submission.v1' ORDER BY id`;

async function untilRun(run: number): Promise<void> {
  const path = `/v1/events/${EVENT}/runs`;
  await vi.waitFor(async () => {
    const { runs } = await read<{ runs: { run: number }[] }>(path, 'power-company', 'operator');
    expect(runs).toHaveLength(run);
  }, WAIT);
  await seal();
  await vi.waitFor(async () => {
    const { runs } = await read<{ runs: { sealed: boolean }[] }>(path, 'power-company', 'operator');
    expect(runs.every(({ sealed }) => sealed)).toBe(true);
  }, WAIT);
}

async function tell<T extends Topic>(service: 'ingest' | 'ledger', topic: T, values: readonly object[]): Promise<void> {
  const access = {
    GRIDPACT_SERVICE: service,
    GRIDPACT_KAFKA_BROKERS: [stack.kafka.brokers],
    GRIDPACT_KAFKA_USERNAME: service,
    GRIDPACT_KAFKA_PASSWORD: passwordFrom(stack.kafka.users, service),
  };
  const producer = new KafkaProducer(
    kafkaClient(access, logger(service)),
    service,
    systemMachineClock,
    logger(service),
  );
  await producer.sendBatch(
    topic.name,
    values.map((value) => ({ key: EVENT, value })),
  );
  await producer.close();
}

async function configuration(): Promise<SettlementConfig> {
  const signer = (party: string) => `${peers.url}/signer/${party}|token`;
  return settlementConfig({
    GRIDPACT_ENVIRONMENT: 'production',
    GRIDPACT_SERVICE: 'settlement',
    GRIDPACT_STATE_DIR: await mkdtemp(join(tmpdir(), 'settlement-')),
    GRIDPACT_HTTP_PORT: String(await freePort()),
    GRIDPACT_DATABASE_URL: database.url,
    GRIDPACT_KAFKA_BROKERS: stack.kafka.brokers,
    GRIDPACT_KAFKA_USERNAME: 'settlement',
    GRIDPACT_KAFKA_PASSWORD: passwordFrom(stack.kafka.users, 'settlement'),
    GRIDPACT_ISSUER: peers.url,
    GRIDPACT_CLIENT_ID: 'settlement',
    GRIDPACT_CLIENT_SECRET: 'secret',
    GRIDPACT_LEDGER_URL: peers.url,
    GRIDPACT_INGEST_URL: peers.url,
    GRIDPACT_RULE_BUNDLE: BUNDLE_FILE,
    GRIDPACT_SIGNER_POWER_COMPANY: signer('power-company'),
    GRIDPACT_SIGNER_AGGREGATOR_1: signer('aggregator-1'),
    GRIDPACT_SIGNER_AGGREGATOR_2: signer('aggregator-2'),
  });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const operator = (): Promise<string> => peers.token('power-company', 'operator');

function post(path: string, body: unknown, token?: string, key: string | null = randomUUID()): Promise<Response> {
  const headers = {
    'content-type': 'application/json',
    ...(token && { authorization: `Bearer ${token}` }),
    ...(key !== null && { 'idempotency-key': key }),
  };
  return fetch(`${base}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
}

async function refusal(path: string, body: unknown, role: string): Promise<unknown> {
  const answer = await post(path, body, await peers.token('somebody', role));
  return ((await answer.json()) as { code: unknown }).code;
}

function get(path: string, token?: string): Promise<Response> {
  return fetch(`${base}${path}`, { headers: token ? { authorization: `Bearer ${token}` } : {} });
}

async function ask(path: string, party: string, role: string): Promise<Response> {
  return get(path, await peers.token(party, role));
}

async function read<T = unknown>(path: string, party: string, role: string): Promise<T> {
  const answer = await ask(path, party, role);
  expect([path, answer.status]).toEqual([path, 200]);
  return (await answer.json()) as T;
}

/** What requests and messages may leave behind about this event. */
function footprint(): Promise<object[]> {
  return query(`SELECT (SELECT count(*) FROM outbox) AS outbox, (SELECT count(*) FROM settlement_run) AS runs,
    (SELECT count(*) FROM journal_posting) AS postings, (SELECT count(*) FROM dispute) AS disputes,
    (SELECT count(*) FROM payment_item) AS payments, (SELECT count(*) FROM settlement_job WHERE kind = 'FINAL') AS finals`);
}

function query<T extends object>(sql: string): Promise<T[]> {
  return withDatabase(stack, 'settlement', database.name, async (client) => (await client.query(sql)).rows as T[]);
}
