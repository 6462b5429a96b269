import { randomUUID } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { topics, type NominationDecision } from '@gridpact/contracts';
import { createServiceApp, listen } from '@gridpact/platform/app';
import { systemMachineClock } from '@gridpact/platform/clock';
import { parseConfig } from '@gridpact/platform/config';
import { kafkaClient, KafkaProducer } from '@gridpact/platform/kafka';
import { logger } from '@gridpact/platform/telemetry';
import { ed25519Signer } from '@gridpact/statement';
import { freshDatabase, passwordFrom, withDatabase, type FreshDatabase } from '@gridpact/testing';
import mqtt from 'mqtt';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { dispatcherEnv, type DispatcherConfig } from './config.js';
import { dispatcherModule } from './dispatcher.module.js';
import { AGGREGATOR_SEED, eventBody, migrated, nomination, programBody, ruleBundle, sent } from './life.fixture.js';
import { startPeers, type Peers } from './peers.fixture.js';

const stack = inject('stack');
const GATEWAY = 'gw-01';
const RUN = randomUUID().slice(0, 8);
const PROGRAM = `p-${RUN}`;
const EVENT = `ev-${RUN}`;
const WAIT = { timeout: 25_000, interval: 100 };

let database: FreshDatabase;
let peers: Peers;
let app: NestFastifyApplication;
let base: string;
let bundleSha256: string;

beforeAll(async () => {
  database = await freshDatabase(stack, 'dispatcher');
  await migrated(database.migrationUrl);
  peers = await startPeers('aggregator-1', ed25519Signer(AGGREGATOR_SEED));
  const bundle = await ruleBundle();
  bundleSha256 = bundle.bundleSha256;
  const config = await configuration(bundle.file);
  base = `http://127.0.0.1:${config.GRIDPACT_HTTP_PORT}`;
  app = await createServiceApp(dispatcherModule(config), config);
  await listen(app, config);
  await vi.waitFor(async () => expect((await get('/health/ready')).status).toBe(200), WAIT);
});

afterAll(async () => {
  await app.close();
  await peers.close();
  await database.drop();
});

describe('every endpoint that changes something', () => {
  const instant = '2026-07-01T08:00:00.000Z';
  const outage = { event: EVENT, feeder: 'f-1', start: instant, end: '2026-07-01T09:00:00.000Z', source: 'SCADA' };
  const clock = { businessEpoch: instant, ratePermille: 0 };
  const endpoints: readonly [string, string, object][] = [
    ['/v1/clock', 'operator', clock],
    ['/v1/programs', 'operator', programBody(PROGRAM, 'ab'.repeat(32))],
    ['/v1/events', 'operator', eventBody(EVENT, PROGRAM)],
    [`/v1/events/${EVENT}/cancel`, 'operator', { reason: 'test' }],
    ['/v1/outages', 'operator', outage],
    ['/openadr3/3.1.1/reports', 'device', { eventID: EVENT, clientName: 'ven', resources: [] }],
  ];

  it.each(endpoints)(
    '%s wants a token, the role, and a body that fits; else it is a problem',
    async (path, role, body) => {
      const before = await footprint();
      expect((await post(path, body)).status).toBe(401);
      expect((await post(path, body, await peers.token('user-1', 'user'))).status).toBe(403);
      const token = await peers.token('somebody', role);
      for (const bad of [
        {},
        [],
        null,
        { ...body, businessEpoch: 7, program: '../x', eventID: '', reason: 1, event: 'a b' },
      ]) {
        const answer = await post(path, bad, token);
        expect([path, answer.status]).toEqual([path, 400]);
        expect(await answer.json()).toMatchObject({ status: 400, type: expect.stringContaining('problems/') });
      }
      expect(await footprint()).toEqual(before);
    },
  );

  it.each(endpoints.slice(0, -1))('%s wants an Idempotency-Key', async (path, role, body) => {
    const answer = await post(path, body, await peers.token('somebody', role), null);
    expect(await answer.json()).toMatchObject({ status: 400, code: 'idempotency_key_required' });
  });
});

describe('a day in the sandbox', () => {
  it('starts with a clock that every reader of this service then shows', async () => {
    const first = await setClock('2026-07-01T07:00:00.000Z');
    const second = await setClock('2026-07-01T08:00:00.000Z');
    expect(second).toBe(first + 1);
    expect(await clockView()).toMatchObject({ business: '2026-07-01T08:00:00.000Z', ratePermille: 0 });
  });

  it('publishes a program once, whose key may be used again for the same request only', async () => {
    const token = await operator();
    const body = programBody(PROGRAM, bundleSha256);
    const wrong = await post('/v1/programs', { ...body, bundleSha256: 'ab'.repeat(32) }, token);
    expect(await wrong.json()).toMatchObject({ status: 422, code: 'bundle_mismatch' });
    const first = await post('/v1/programs', body, token, 'same-key');
    const replayed = await post('/v1/programs', body, token, 'same-key');
    expect([first.status, replayed.status]).toEqual([201, 201]);
    expect(await replayed.json()).toEqual(await first.json());
    expect(await (await post('/v1/programs', body, token)).json()).toMatchObject({ code: 'program_exists' });
    expect(await (await get(`/v1/programs/${PROGRAM}`, token)).json()).toMatchObject({
      program: PROGRAM,
      bundleSha256,
    });
  });

  it('announces, takes a nomination from Kafka and answers it there with a promise', async () => {
    const announced = await post('/v1/events', eventBody(EVENT, PROGRAM), await operator());
    expect(announced.status).toBe(201);
    const { statement } = (await announced.json()) as { statement: string };
    const { committed } = await nomination(EVENT, statement, 'aggregator-1', '50000', '1000000');
    const decision = nextDecision(committed.leafHash);
    await sendNomination(sent(committed));
    expect(await decision).toMatchObject({ event: EVENT, outcome: { accepted: true } });
  });

  it('runs through its states as the clock jumps, and starts for VENs and gateways', async () => {
    await sealCommitments();
    const told = gatewayHears();
    await setClock('2026-07-02T10:30:00.000Z');
    await vi.waitFor(async () => expect(await eventView()).toMatchObject({ state: 'active' }), WAIT);
    expect(await told).toMatchObject({
      objectType: 'EVENT',
      operation: 'CREATE',
      object: { id: EVENT, programID: PROGRAM },
    });
    const ven = await peers.token(GATEWAY, 'device');
    const [event] = (await (await get('/openadr3/3.1.1/events?active=true', ven)).json()) as object[];
    expect(event).toMatchObject({
      id: EVENT,
      objectType: 'EVENT',
      intervals: [{ payloads: [{ type: 'SIMPLE', values: [1] }] }, {}],
    });
    const report = { eventID: EVENT, clientName: GATEWAY, resources: [{ resourceName: 'r', intervals: [] }] };
    const answer = await post('/openadr3/3.1.1/reports', { ...report, clientID: 'forged', id: 'mine' }, ven, null);
    expect(answer.status).toBe(201);
    expect(await answer.json()).toMatchObject({ ...report, clientID: GATEWAY, objectType: 'REPORT' });
    const unknown = await post('/openadr3/3.1.1/reports', { ...report, eventID: 'nobody' }, ven, null);
    expect(await unknown.json()).toMatchObject({ status: 409, code: 'unknown_event' });
  });

  it('flags an outage once', async () => {
    const span = { start: '2026-07-02T10:00:00.000Z', end: '2026-07-02T10:15:00.000Z' };
    const outage = { event: EVENT, feeder: 'feeder-1', ...span, source: 'SCADA' };
    const token = await operator();
    expect(await (await post('/v1/outages', outage, token)).json()).toMatchObject(outage);
    expect(await (await post('/v1/outages', outage, token)).json()).toMatchObject({ code: 'outage_exists' });
    const reversed = { ...outage, start: span.end, end: span.start };
    expect(await (await post('/v1/outages', reversed, token)).json()).toMatchObject({ code: 'outage_empty' });
  });

  it('cannot be called off once it has ended', async () => {
    await setClock('2026-07-02T12:00:00.000Z');
    await vi.waitFor(async () => expect(await eventView()).toMatchObject({ state: 'ended' }), WAIT);
    const answer = await post(`/v1/events/${EVENT}/cancel`, { reason: 'too late' }, await operator());
    expect(await answer.json()).toMatchObject({ status: 409, code: 'wrong_state' });
  });
});

describe('a VEN', () => {
  it.each(['limit=0', 'limit=51', 'limit=-1', 'skip=-1', 'skip=1e3', 'active=maybe', 'programID=a%20b'])(
    'that asks for events with %s gets 400',
    async (query) => {
      const answer = await get(`/openadr3/3.1.1/events?${query}`, await peers.token(GATEWAY, 'device'));
      expect(answer.status).toBe(400);
    },
  );

  it('sees programs with their object type, and a foreign role sees nothing', async () => {
    const answer = await get('/openadr3/3.1.1/programs?limit=1', await peers.token(GATEWAY, 'device'));
    expect(await answer.json()).toMatchObject([{ objectType: 'PROGRAM', programName: PROGRAM }]);
    expect((await get('/openadr3/3.1.1/programs', await peers.token('user-1', 'user'))).status).toBe(403);
    expect((await get('/openadr3/3.1.1/events/nobody', await peers.token(GATEWAY, 'device'))).status).toBe(404);
  });
});

async function configuration(bundle: string): Promise<DispatcherConfig> {
  return parseConfig(dispatcherEnv, {
    GRIDPACT_ENVIRONMENT: 'sandbox',
    GRIDPACT_SERVICE: 'dispatcher',
    GRIDPACT_STATE_DIR: await mkdtemp(join(tmpdir(), 'dispatcher-')),
    GRIDPACT_HTTP_PORT: String(await freePort()),
    GRIDPACT_DATABASE_URL: database.url,
    GRIDPACT_KAFKA_BROKERS: stack.kafka.brokers,
    GRIDPACT_KAFKA_USERNAME: 'dispatcher',
    GRIDPACT_KAFKA_PASSWORD: passwordFrom(stack.kafka.users, 'dispatcher'),
    GRIDPACT_MQTT_URL: stack.mqtt.url,
    GRIDPACT_MQTT_USERNAME: 'dispatcher',
    GRIDPACT_MQTT_PASSWORD: passwordFrom(stack.mqtt.users, 'dispatcher'),
    GRIDPACT_ISSUER: peers.url,
    GRIDPACT_CLIENT_ID: 'dispatcher',
    GRIDPACT_CLIENT_SECRET: 'secret',
    GRIDPACT_LEDGER_URL: peers.url,
    GRIDPACT_SIGNER_POWER_COMPANY: `${peers.url}/signer|token`,
    GRIDPACT_RULE_BUNDLE: bundle,
    GRIDPACT_DISPATCH_GATEWAYS: GATEWAY,
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

function get(path: string, token?: string): Promise<Response> {
  return fetch(`${base}${path}`, { headers: token ? { authorization: `Bearer ${token}` } : {} });
}

async function clockView(): Promise<unknown> {
  return (await get('/v1/clock')).json();
}

/** Holds the clock at a moment, once this service follows; gives the revision. Earlier runs leave theirs in the topic. */
async function setClock(businessEpoch: string): Promise<number> {
  const answer = await post('/v1/clock', { businessEpoch, ratePermille: 0 }, await operator());
  expect(answer.status).toBe(201);
  const { revision } = (await answer.json()) as { revision: number };
  await vi.waitFor(async () => expect(await clockView()).toMatchObject({ revision }), WAIT);
  return revision;
}

async function eventView(): Promise<unknown> {
  return (await get(`/v1/events/${EVENT}`, await operator())).json();
}

/** Rows that requests may leave behind; decisions answer Kafka, where nominations of earlier runs still lie. */
async function footprint(): Promise<unknown> {
  const sql = `SELECT (SELECT count(*) FROM outbox WHERE topic <> '${topics.nominationDecision.name}') AS outbox, (SELECT count(*) FROM program) AS programs,
    (SELECT count(*) FROM dr_event) AS events, (SELECT count(*) FROM clock_mapping) AS mappings,
    (SELECT count(*) FROM outage) AS outages, (SELECT count(*) FROM oadr_report) AS reports`;
  return withDatabase(stack, 'dispatcher', database.name, async (client) => (await client.query(sql)).rows);
}

/** What the ledger's receipts would do: gives each nomination its place in the log. */
async function sealCommitments(): Promise<void> {
  const sql = 'INSERT INTO sealed SELECT statement, row_number() OVER () FROM nomination';
  await withDatabase(stack, 'dispatcher', database.name, async (client) => client.query(sql));
}

function kafkaOf(service: string) {
  const access = {
    GRIDPACT_SERVICE: service,
    GRIDPACT_KAFKA_BROKERS: [stack.kafka.brokers],
    GRIDPACT_KAFKA_USERNAME: service,
    GRIDPACT_KAFKA_PASSWORD: passwordFrom(stack.kafka.users, service),
  };
  return kafkaClient(access, logger(service));
}

async function sendNomination(value: ReturnType<typeof sent>): Promise<void> {
  const producer = new KafkaProducer(kafkaOf('aggregator'), 'aggregator', systemMachineClock, logger('aggregator'));
  await producer.sendBatch(topics.nomination, [{ key: value.event, value }]);
  await producer.close();
}

/** The decision on a nomination, read as the aggregator's service reads it. */
async function nextDecision(nominated: string): Promise<NominationDecision> {
  const consumer = kafkaOf('aggregator').consumer({ groupId: `aggregator.test-${randomUUID()}` });
  await consumer.connect();
  await consumer.subscribe({ topic: topics.nominationDecision.name, fromBeginning: true });
  try {
    return await new Promise<NominationDecision>((resolve, reject) => {
      const eachMessage = ({ message }: { message: { value: Buffer | null } }): Promise<void> => {
        const decision = JSON.parse(message.value?.toString() ?? 'null') as NominationDecision;
        if (decision.nomination === nominated) resolve(decision);
        return Promise.resolve();
      };
      consumer.run({ eachMessage }).catch(reject);
    });
  } finally {
    await consumer.disconnect();
  }
}

/** First message that the gateway hears on its dispatch topic about this run's event. */
async function gatewayHears(): Promise<unknown> {
  const password = passwordFrom(stack.mqtt.users, GATEWAY);
  const client = await mqtt.connectAsync(stack.mqtt.url, { username: GATEWAY, password });
  await client.subscribeAsync(`gridpact/v1/${GATEWAY}/dispatch`);
  try {
    return await new Promise((resolve) => {
      client.on('message', (_, payload) => {
        const heard = JSON.parse(payload.toString()) as { object: { id: string } };
        if (heard.object.id === EVENT) resolve(heard);
      });
    });
  } finally {
    await client.endAsync();
  }
}
