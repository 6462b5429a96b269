import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { topics } from '@gridpact/contracts';
import { ADMIN, freshDatabase, passwordFrom, type FreshDatabase } from '@gridpact/testing';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey } from 'jose';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { parseConfig, serviceEnv, type ServiceConfig } from '../config/index.js';
import { KafkaProducer } from '../kafka/index.js';
import { migrate, rows } from '../postgres/index.js';
import { createServiceApp, listen } from './index.js';
import { NoteModule, noteMigrations, refusalOf } from './notes.example.js';

const stack = inject('stack');
let issuer: TestIssuer;
let database: FreshDatabase;
let config: ServiceConfig;
let app: NestFastifyApplication;
let base: string;

beforeAll(async () => {
  issuer = await startIssuer();
  database = await freshDatabase(stack, 'settlement');
  config = configOf();
  await migrate(config, [], noteMigrations);
  app = await createServiceApp(NoteModule.with(config), config, { title: 'Notes', description: 'Example' });
  await listen(app, config);
  const { port } = app.getHttpServer().address() as AddressInfo;
  base = `http://127.0.0.1:${port}`;
  await vi.waitFor(async () => expect((await fetch(`${base}/health/ready`)).status).toBe(200), 20_000);
});
afterAll(async () => {
  await app?.close();
  issuer?.server.close();
  await database?.drop();
});

describe('a request', () => {
  it('without a token is refused, whatever the route says of its body', async () => {
    expect(await post({ text: 'x' }, { token: '' })).toMatchObject({ status: 401, body: { code: 'unauthenticated' } });
  });

  it.each([
    ['another audience', { aud: 'other' }],
    ['another issuer', { iss: 'http://elsewhere' }],
    ['an expired life', { exp: 1 }],
    ['no party', { party: undefined }],
    ['no roles', { roles: undefined }],
  ])('whose token has %s is refused', async (_, claims) => {
    expect(await post({ text: 'x' }, { token: await issuer.token(claims) })).toMatchObject({ status: 401 });
  });

  it('whose token another key signed is refused', async () => {
    const { privateKey } = await generateKeyPair('EdDSA');
    expect(await post({ text: 'x' }, { token: await issuer.token({}, privateKey) })).toMatchObject({ status: 401 });
  });

  it('whose token asks for no signature at all is refused', async () => {
    const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const claims = { iss: issuer.url, aud: 'gridpact', sub: 's', party: 'p', roles: ['operator'], exp: 4_102_444_800 };
    const token = `${part({ alg: 'none' })}.${part(claims)}.`;
    expect(await post({ text: 'x' }, { token })).toMatchObject({ status: 401 });
  });

  it('by a caller without the role is forbidden', async () => {
    const token = await issuer.token({ roles: ['user'] });
    expect(await post({ text: 'x' }, { token })).toMatchObject({ status: 403, body: { code: 'missing_role' } });
  });

  it('with a bad body lists every issue', async () => {
    const answer = await post({ text: '', copies: 0, more: 1 });
    expect(answer).toMatchObject({ status: 400, type: 'application/problem+json', body: { code: 'invalid_request' } });
    const { issues } = answer.body as { issues: { path: string }[] };
    expect(issues.map(({ path }) => path)).toEqual(expect.arrayContaining(['text', 'copies']));
  });

  it.each([
    ['broken JSON', '{"text":', 'application/json', 400, 'bad_request'],
    ['another media type', 'text=x', 'application/x-www-form-urlencoded', 415, 'unsupported_media_type'],
    ['plain text', 'x', 'text/plain', 415, 'unsupported_media_type'],
    ['a huge body', JSON.stringify({ text: 'x'.repeat(2_000_000) }), 'application/json', 413, 'body_too_large'],
  ])('with %s is refused as a problem', async (_, raw, contentType, status, code) => {
    const headers = { 'content-type': contentType, authorization: `Bearer ${await issuer.token()}` };
    const answer = await read(await fetch(`${base}/v1/notes`, { method: 'POST', headers, body: raw }));
    expect(answer).toMatchObject({ status, type: 'application/problem+json', body: { code, status } });
  });

  it('for an unknown route is a 404 problem', async () => {
    expect(await get('/v1/nothing')).toMatchObject({
      status: 404,
      type: 'application/problem+json',
      body: { code: 'not_found' },
    });
  });

  it('that crashes says nothing of why', async () => {
    const answer = await get('/v1/notes/open/crash');
    expect(answer).toMatchObject({ status: 500, body: { code: 'internal_error' } });
    expect(JSON.stringify(answer.body)).not.toContain('secret');
  });

  it('that a rule refuses gets the status of its code', async () => {
    expect(await post({ text: 'forbidden' })).toMatchObject({
      status: 409,
      body: {
        code: 'forbidden_word',
        detail: 'choose another word',
        type: 'https://gridpact.dev/problems/forbidden-word',
      },
    });
  });

  it('sees only the rows of its party', async () => {
    const text = randomUUID();
    const foreign = await issuer.token({ party: 'aggregator-9' });
    expect(await post({ text })).toMatchObject({ status: 201 });

    expect((await get('/v1/notes')).body).toContainEqual({ text });
    expect((await get('/v1/notes', foreign)).body).toEqual([]);
  });
});

describe('an Idempotency-Key', () => {
  it('is demanded', async () => {
    expect(await post({ text: 'x' }, { key: '' })).toMatchObject({
      status: 400,
      body: { code: 'idempotency_key_required' },
    });
  });

  it('gives the first answer again, to its caller only', async () => {
    const key = randomUUID();
    const text = randomUUID();
    const first = await post({ text }, { key });
    const again = await post({ text }, { key });

    expect(again).toMatchObject({ status: 201, body: first.body, replayed: 'true' });
    expect(await countOf(text)).toBe(1);
    const other = await issuer.token({ sub: 'another' });
    expect((await post({ text }, { key, token: other })).replayed).toBeNull();
  });

  it('is refused with another body', async () => {
    const key = randomUUID();
    await post({ text: 'one' }, { key });
    expect(await post({ text: 'two' }, { key })).toMatchObject({
      status: 422,
      body: { code: 'idempotency_key_reused' },
    });
  });

  it('lets 50 concurrent requests have one effect', async () => {
    const key = randomUUID();
    const text = randomUUID();
    const answers = await Promise.all(Array.from({ length: 50 }, () => post({ text }, { key })));

    expect(answers.filter(({ status }) => status !== 409).map(({ status }) => status)).toContain(201);
    expect(answers.every(({ status }) => status === 201 || status === 409)).toBe(true);
    expect(await countOf(text)).toBe(1);
  });

  it('is free again after a refusal', async () => {
    const key = randomUUID();
    expect(await post({ text: 'forbidden' }, { key })).toMatchObject({ status: 409 });
    expect(await post({ text: 'forbidden' }, { key })).toMatchObject({ status: 409, body: { code: 'forbidden_word' } });
  });
});

describe('a message', () => {
  it('goes from a committed request through Kafka to its consumer once', async () => {
    const text = randomUUID();
    await post({ text });

    await vi.waitFor(async () => expect(await heard(text)).toBe(1), 15_000);
  });

  it('has its effect once however often it is delivered', async () => {
    const producer = app.get(KafkaProducer);
    const text = randomUUID();
    const message = { id: randomUUID(), key: text, value: refusalOf(text) };
    await producer.sendBatch(topics.refusal, [message, message]);
    await producer.sendBatch(topics.refusal, [message]);
    const last = randomUUID();
    await producer.sendBatch(topics.refusal, [{ key: text, value: refusalOf(last) }]);

    await vi.waitFor(async () => expect(await heard(last)).toBe(1), 15_000);
    expect(await heard(text)).toBe(1);
  });
});

describe('the platform', () => {
  it('shows its clock and its health', async () => {
    const clock = await get('/v1/clock', '');
    expect(clock.status).toBe(200);
    expect(clock.body).toMatchObject({ ratePermille: expect.any(Number), revision: expect.any(Number) });
    expect(await get('/health/live', '')).toMatchObject({ status: 200 });
    expect((await get('/health/ready', '')).body).toMatchObject({
      checks: { database: true, kafka: true, clock: true },
    });
  });

  it('counts requests by route and never by path', async () => {
    await get('/v1/notes/open/one');
    const text = await (await fetch(`${base}/metrics`)).text();
    expect(text).toMatch(/gridpact_http_request_duration_seconds_count\{[^}]*route="\/v1\/notes\/open\/:id"/);
    expect(text).toContain('gridpact_kafka_messages_total');
  });

  it('describes its API with the schemas that check it', async () => {
    const { body } = await get('/openapi.json', '');
    expect(body).toMatchObject({ openapi: '3.1.0', info: { title: 'Notes' } });
    expect(JSON.stringify(body)).toContain('"copies"');
    expect(JSON.stringify(body)).not.toContain('/health/ready');
  });
});

interface Answer {
  readonly status: number;
  readonly type: string | null;
  readonly replayed: string | null;
  readonly body: unknown;
}

async function post(body: unknown, { token, key }: { token?: string; key?: string } = {}): Promise<Answer> {
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  if (token !== '') headers['authorization'] = `Bearer ${token ?? (await issuer.token())}`;
  if (key !== '') headers['idempotency-key'] = key ?? randomUUID();
  return read(await fetch(`${base}/v1/notes`, { method: 'POST', headers, body: JSON.stringify(body) }));
}

async function get(path: string, token?: string): Promise<Answer> {
  const headers: Record<string, string> =
    token === '' ? {} : { authorization: `Bearer ${token ?? (await issuer.token())}` };
  return read(await fetch(`${base}${path}`, { headers }));
}

async function read(response: Response): Promise<Answer> {
  const type = response.headers.get('content-type')?.split(';')[0] ?? null;
  const body: unknown = await response.json();
  return { status: response.status, type, replayed: response.headers.get('idempotency-replayed'), body };
}

async function countOf(text: string): Promise<number> {
  const all = (await get('/v1/notes')).body as { text: string }[];
  return all.filter((note) => note.text === text).length;
}

async function heard(statement: string): Promise<number> {
  const found = await rows<{ times: number }>(app.get(DataSource), 'SELECT times FROM heard WHERE statement = $1', [
    statement,
  ]);
  return found[0]?.times ?? 0;
}

function configOf(): ServiceConfig {
  return parseConfig(serviceEnv, {
    GRIDPACT_ENVIRONMENT: 'sandbox',
    GRIDPACT_SERVICE: `notes-${randomUUID().replaceAll(/[^a-f]/g, '')}`.slice(0, 30),
    GRIDPACT_STATE_DIR: '/nowhere',
    GRIDPACT_HTTP_PORT: String(20_000 + Math.floor(Math.random() * 10_000)),
    GRIDPACT_DATABASE_URL: database.url,
    GRIDPACT_MIGRATION_DATABASE_URL: database.migrationUrl,
    GRIDPACT_KAFKA_BROKERS: stack.kafka.brokers,
    GRIDPACT_KAFKA_USERNAME: ADMIN,
    GRIDPACT_KAFKA_PASSWORD: passwordFrom(stack.kafka.users, ADMIN),
    GRIDPACT_ISSUER: issuer.url,
  });
}

interface TestIssuer {
  readonly url: string;
  readonly server: Server;
  token(claims?: Record<string, unknown>, key?: CryptoKey): Promise<string>;
}

async function startIssuer(): Promise<TestIssuer> {
  const { publicKey, privateKey } = await generateKeyPair('EdDSA');
  const jwk = { ...(await exportJWK(publicKey)), kid: 'test', alg: 'EdDSA', use: 'sig' };
  const server = createServer((request, response) => {
    const isKeys = request.url === '/jwks';
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(isKeys ? { keys: [jwk] } : metadata()));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const metadata = () => ({ issuer: url, jwks_uri: `${url}/jwks`, token_endpoint: `${url}/token` });
  const token = (claims: Record<string, unknown> = {}, key: CryptoKey = privateKey): Promise<string> => {
    const usual = { iss: url, aud: 'gridpact', sub: 'staff', party: 'power-company', roles: ['operator'] };
    const exp = Math.floor(Date.now() / 1_000) + 300;
    return new SignJWT({ ...usual, exp, ...claims }).setProtectedHeader({ alg: 'EdDSA', kid: 'test' }).sign(key);
  };
  return { url, server, token };
}
