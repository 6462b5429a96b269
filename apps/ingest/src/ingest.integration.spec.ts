import { randomUUID } from 'node:crypto';
import { type Instant, instant, instantOf } from '@gridpact/kernel';
import { KAFKA, createServiceApp, listen } from '@gridpact/platform/app';
import type { Frame } from '@gridpact/telemetry';
import { freshDatabase, passwordFrom, withDatabase, type FreshDatabase } from '@gridpact/testing';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Kafka } from 'kafkajs';
import mqtt, { type MqttClient } from 'mqtt';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { configurationOf, startIssuer, type Issuer } from './app.fixture.js';
import { INGEST_CONFIG, type IngestConfig } from './config.js';
import { ingestModule } from './ingest.module.js';
import { FrameBacklog } from './sealing/frame-backlog.js';
import { HOUR_MS, deviceOf, migrated, readingOf } from './world.fixture.js';

const stack = inject('stack');
const RUN = randomUUID().slice(0, 8);
const GATEWAY = 'gw-42';
const METER = `m-${RUN}`;
const WAIT = { timeout: 25_000, interval: 100 };
const device = deviceOf(GATEWAY);

let database: FreshDatabase;
let issuer: Issuer;
let app: NestFastifyApplication;
let base: string;
let gateway: MqttClient;
const answers: { seq: number | null; outcome: string; code?: string }[] = [];

beforeAll(async () => {
  database = await freshDatabase(stack, 'ingest');
  await migrated(database.migrationUrl);
  issuer = await startIssuer();
  const config = await configurationOf(stack, database, issuer.url);
  base = `http://127.0.0.1:${config.GRIDPACT_HTTP_PORT}`;
  app = await createServiceApp(ingestModule(config), config);
  await listen(app, config);
  await vi.waitFor(async () => expect((await fetch(`${base}/health/ready`)).status).toBe(200), WAIT);
  const password = passwordFrom(stack.mqtt.users, GATEWAY);
  gateway = await mqtt.connectAsync(stack.mqtt.url, { username: GATEWAY, password });
  gateway.on('message', (_, payload) => void answers.push(JSON.parse(payload.toString()) as (typeof answers)[number]));
  await gateway.subscribeAsync(`gridpact/v1/${GATEWAY}/acks`, { qos: 1 });
});

afterAll(async () => {
  await gateway.endAsync();
  await app.close();
  await issuer.close();
  await database.drop();
});

describe('gateways', () => {
  it('are registered with their meters, again without effect, and never over others', async () => {
    expect((await register(registration())).status).toBe(201);
    expect((await register(registration())).status).toBe(201);
    expect(await codeOf(await register(registration(), 'aggregator-2'))).toEqual([409, 'gateway_foreign']);
    const other = { ...registration(), gateway: 'gw-43' };
    expect(await codeOf(await register(other))).toEqual([409, 'meter_bound']);
    const rekeyed = { ...registration(), jwk: deviceOf(GATEWAY).jwk };
    expect(await codeOf(await register(rekeyed))).toEqual([409, 'gateway_key_differs']);
    const [meter] = registration().meters;
    const resized = { ...registration(), meters: [{ ...meter, maximumWatt: '1' }] };
    expect(await codeOf(await register(resized))).toEqual([409, 'meter_differs']);
    const list = await get('/v1/gateways', await issuer.token('aggregator-1', 'aggregator'));
    expect(await list.json()).toEqual({ gateways: [{ gateway: GATEWAY, meters: 1 }] });
  });

  it.each([
    ['a private key', { jwk: { ...device.jwk, d: 'x'.repeat(43) } }],
    ['a key that is none', { jwk: { ...device.jwk, x: 'short' } }],
    ['a step that crosses midnight', { meters: [{ meter: 'm-x', stepMs: 25_200_000, maximumWatt: '1' }] }],
    ['no meters', { meters: [] }],
  ])('with %s are a bad request', async (_, change) => {
    expect((await register({ ...registration(), ...change })).status).toBe(400);
  });
});

describe('a frame', () => {
  it('over MQTT is acknowledged and can be read from the series store', async () => {
    const at = await lastHour();
    const frame = await device.frame(1, [readingOf(METER, at, 7)], instant(at + HOUR_MS));
    await publish(frame);
    await vi.waitFor(() => expect(answers).toContainEqual({ seq: 1, outcome: 'accepted' }), WAIT);
    await vi.waitFor(async () => expect(await stored()).toEqual(['7000000']), WAIT);
  });

  it('over HTTPS is taken from its own device and from the aggregator that registered it', async () => {
    const at = instant((await lastHour()) - HOUR_MS);
    const frame = await device.frame(2, [readingOf(METER, at, 8)], instant(at + HOUR_MS));
    const foreign = await issuer.token('gw-43', 'device');
    expect(await codeOf(await post('/v1/frames', frame, foreign))).toEqual([403, 'gateway_foreign']);
    const accepted = await post('/v1/frames', frame, await issuer.token(GATEWAY, 'device'));
    expect([accepted.status, await accepted.json()]).toEqual([202, { seq: 2, outcome: 'accepted' }]);
    const again = await post('/v1/frames', frame, await issuer.token('aggregator-1', 'aggregator'));
    expect(again.status).toBe(202);
    await vi.waitFor(async () => expect(await stored()).toEqual(['8000000', '7000000']), WAIT);
  });

  it('of a thousand readings gets through beside a malformed one that is refused', async () => {
    const at = instant((await lastHour()) - 2 * HOUR_MS);
    const readings = Array.from({ length: 1000 }, () => readingOf(METER, at, 9));
    await publish(await device.frame(3, readings, instant(at + HOUR_MS)));
    await gateway.publishAsync(`gridpact/v1/${GATEWAY}/frames`, '{"seq":4}', { qos: 1 });
    await vi.waitFor(() => expect(answers.map(({ seq }) => seq)).toEqual(expect.arrayContaining([3, 4])), WAIT);
    expect(answers.find(({ seq }) => seq === 3)).toMatchObject({ outcome: 'accepted' });
    expect(answers.find(({ seq }) => seq === 4)).toMatchObject({ outcome: 'refused', code: 'frame_schema' });
    await vi.waitFor(async () => expect(await stored()).toEqual(['9000000', '8000000', '7000000']), WAIT);
  });

  it('with a wrong signature is refused with its reason, and counted', async () => {
    const at = await lastHour();
    await publish(await deviceOf(GATEWAY).frame(5, [readingOf(METER, at, 1)], instant(at + HOUR_MS)));
    const sql = 'SELECT code FROM refused_frame WHERE gateway = $1 AND seq = 5';
    await vi.waitFor(async () => expect(await query(sql, [GATEWAY])).toEqual([{ code: 'bad_signature' }]), WAIT);
    const metrics = await (await fetch(`${base}/metrics`)).text();
    expect(metrics).toMatch(/gridpact_ingest_frames_total\{outcome="rejected"\} [1-9]/);
  });
});

describe('the backlog', () => {
  it('is drained once every frame in Kafka is in the series, and not for who has taken none', async () => {
    await vi.waitFor(async () => expect(await app.get(FrameBacklog).isDrained()).toBe(true), WAIT);
    const idle = { ...app.get<IngestConfig>(INGEST_CONFIG), GRIDPACT_SERVICE: 'ingest-idle' };
    expect(await new FrameBacklog(app.get<Kafka>(KAFKA), idle).isDrained()).toBe(false);
  });
});

describe('every endpoint', () => {
  const span = 'from=2026-07-14T16:00:00.000Z&to=2026-07-15T16:00:00.000Z';

  it('wants a token and a role', async () => {
    const user = await issuer.token('user-1', 'user');
    for (const path of ['/v1/gateways', '/v1/frames']) {
      expect((await post(path, {}, '')).status).toBe(401);
      expect((await post(path, {}, user)).status).toBe(403);
    }
    for (const path of [`/v1/series?meter=m&${span}`, '/v1/commitments', '/v1/events/ev-1/live']) {
      expect((await get(path, '')).status).toBe(401);
    }
    expect((await get(`/v1/series?meter=m&${span}`, await issuer.token('power-company', 'operator'))).status).toBe(403);
  });

  it('answers a bad query with a problem', async () => {
    const token = await issuer.token('settlement', 'service');
    const many = Array.from({ length: 501 }, (_, n) => `meter=m-${n}`).join('&');
    for (const bad of ['meter=m', `meter=a%20b&${span}`, `${many}&${span}`, span]) {
      expect((await get(`/v1/series?${bad}`, token)).status).toBe(400);
    }
    expect(await codeOf(await get('/v1/events/nobody/live', token))).toEqual([404, 'unknown_event']);
    const empty = await get(`/v1/series?meter=m-1&meter=m-2&${span}`, token);
    expect([empty.status, empty.headers.get('content-type'), await empty.text()]).toEqual([
      200,
      'application/x-ndjson',
      '',
    ]);
    expect(await (await get('/v1/commitments', token)).json()).toEqual({ commitments: [] });
  });
});

function registration() {
  const meters = [{ meter: METER, stepMs: HOUR_MS, maximumWatt: '500000' }];
  return { gateway: GATEWAY, jwk: device.jwk, meters };
}

async function register(gatewayProfile: object, party = 'aggregator-1'): Promise<Response> {
  return post('/v1/gateways', { gateways: [gatewayProfile] }, await issuer.token(party, 'aggregator'));
}

function publish(frame: Frame): Promise<unknown> {
  return gateway.publishAsync(`gridpact/v1/${GATEWAY}/frames`, JSON.stringify(frame), { qos: 1 });
}

/** Start of the last whole hour of the business time that the service follows. */
async function lastHour(): Promise<Instant> {
  const { business } = (await (await fetch(`${base}/v1/clock`)).json()) as { business: string };
  return instant(Math.floor(instantOf(business) / HOUR_MS) * HOUR_MS - HOUR_MS);
}

async function stored(): Promise<unknown[]> {
  const sql = 'SELECT DISTINCT start_at, energy_micro_kwh AS energy FROM observation WHERE meter = $1 ORDER BY 1';
  return (await query(sql, [METER])).map(({ energy }) => energy);
}

function query(sql: string, parameters: unknown[]): Promise<Record<string, unknown>[]> {
  return withDatabase(stack, 'ingest', database.name, async (client) => {
    return (await client.query<Record<string, unknown>>(sql, parameters)).rows;
  });
}

async function codeOf(answer: Response): Promise<unknown[]> {
  const { code } = (await answer.json()) as { code?: string };
  return [answer.status, code];
}

function post(path: string, body: unknown, token: string): Promise<Response> {
  const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
  return fetch(`${base}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
}

function get(path: string, token: string): Promise<Response> {
  return fetch(`${base}${path}`, { headers: token ? { authorization: `Bearer ${token}` } : {} });
}
