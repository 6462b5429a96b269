import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { createServiceApp, listen } from '@gridpact/platform/app';
import { parseConfig } from '@gridpact/platform/config';
import { passwordFrom } from '@gridpact/testing';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { type CryptoKey, SignJWT, exportJWK, generateKeyPair } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { mobileApiEnv } from './config.js';
import { mobileApiModule } from './mobile-api.module.js';

const stack = inject('stack');
const LEAF = 'a'.repeat(64);
const SENT = { entry: 'YWJj', opening: { salt: 'c2FsdA', body: { answer: 'full' } } };

/** An owner that can be told to fail: what it was asked, and what it answers. */
interface FaultyOwner {
  readonly url: string;
  readonly server: Server;
  readonly asked: { method: string; url: string; token: string; key: string; body: string }[];
  answer: (request: IncomingMessage, response: ServerResponse) => void;
}

let owners: Record<'identity' | 'aggregator' | 'settlement' | 'ledger', FaultyOwner>;
let issuer: FaultyOwner;
let signingKey: CryptoKey;
let app: NestFastifyApplication;
let url: string;
let token: string;

beforeAll(async () => {
  issuer = await startOwner();
  const pair = await generateKeyPair('EdDSA');
  signingKey = pair.privateKey;
  const keys = [{ ...(await exportJWK(pair.publicKey)), alg: 'EdDSA', kid: 'test' }];
  const metadata = { issuer: issuer.url, jwks_uri: `${issuer.url}/jwks`, token_endpoint: `${issuer.url}/token` };
  issuer.answer = (request, response) => reply(response, 200, request.url === '/jwks' ? { keys } : metadata);
  owners = {
    identity: await startOwner(),
    aggregator: await startOwner(),
    settlement: await startOwner(),
    ledger: await startOwner(),
  };
  app = await start();
  url = await app.getUrl();
  token = await tokenFor('user');
});

afterEach(() => {
  for (const owner of Object.values(owners)) {
    owner.answer = echo(owner);
    owner.asked.splice(0);
  }
});

afterAll(async () => {
  await app.close();
  for (const owner of [issuer, ...Object.values(owners)]) owner.server.close();
});

describe('a request of a phone', () => {
  it("reaches its owner with the user's own token, the same body and the same key", async () => {
    const answer = await post('/confirmations', SENT, { 'idempotency-key': LEAF });
    expect(answer.status).toBe(202);
    const asked = { method: 'POST', url: '/v1/me/confirmations', token: `Bearer ${token}`, key: LEAF };
    expect(owners.aggregator.asked).toEqual([{ ...asked, body: JSON.stringify(SENT) }]);
  });

  it.each([
    ['GET', '/enrolments', 'aggregator', '/v1/me/enrolments'],
    ['GET', '/instructions', 'aggregator', '/v1/me/instructions'],
    ['GET', '/instructions?event=e-1', 'aggregator', '/v1/me/instructions?event=e-1'],
    ['GET', `/receipts/${LEAF}`, 'aggregator', `/v1/me/receipts/${LEAF}`],
    ['POST', '/withdrawals', 'aggregator', '/v1/me/withdrawals'],
    ['POST', '/standing-offers', 'aggregator', '/v1/me/standing-offers'],
    ['POST', '/disputes', 'settlement', '/v1/me/disputes'],
    ['GET', '/results', 'settlement', '/v1/me/lines'],
    ['GET', '/device-keys', 'identity', '/v1/registrations/user-1'],
  ] as const)('%s %s is asked of %s', async (method, path, owner, asked) => {
    const answer = method === 'GET' ? await get(path) : await post(path, SENT);
    expect(answer.ok).toBe(true);
    expect(owners[owner].asked).toMatchObject([{ method, url: asked, token: `Bearer ${token}` }]);
  });

  it('needs a token of a user, save for registration, time and the keys of the log', async () => {
    expect((await fetch(`${url}/mobile/v1/instructions`)).status).toBe(401);
    const staff = await tokenFor('aggregator');
    expect((await get('/instructions', staff)).status).toBe(403);
    expect((await fetch(`${url}/mobile/v1/server-time`)).status).toBe(200);
    expect(owners.aggregator.asked).toEqual([]);
  });

  it('registers a key without a token and tells the issuer', async () => {
    owners.identity.answer = (_, response) => reply(response, 201, { party: 'user-1', statement: LEAF });
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ code: 'ABCDEFGHJK', entry: 'YWJj' });
    const answer = await fetch(`${url}/mobile/v1/device-keys`, { method: 'POST', headers, body });
    expect(await answer.json()).toEqual({ party: 'user-1', statement: LEAF, issuer: issuer.url });
  });

  it('goes no further when it is malformed', async () => {
    for (const path of ['/confirmations', '/withdrawals', '/standing-offers', '/disputes', '/device-keys']) {
      const answer = await post(path, { entry: 'no base64 %', extra: 1 });
      expect([answer.status, await codeOf(answer)]).toEqual([400, 'invalid_request']);
    }
    expect((await get('/receipts/nothing')).status).toBe(400);
    expect(Object.values(owners).flatMap(({ asked }) => asked)).toEqual([]);
  });
});

describe('an owner', () => {
  it('refuses with its own code and status', async () => {
    const problem = { code: 'deadline_passed', detail: 'answers were due', status: 409 };
    owners.aggregator.answer = (_, response) => reply(response, 409, problem);
    const answer = await post('/confirmations', SENT);
    expect([answer.status, await codeOf(answer)]).toEqual([409, 'deadline_passed']);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
  });

  it.each([
    ['fails', (response: ServerResponse) => reply(response, 500, { code: 'internal_error' })],
    ['restarts', (response: ServerResponse) => reply(response, 503, {})],
    ['drops the connection', (response: ServerResponse) => response.destroy()],
    ['answers no JSON', (response: ServerResponse) => response.end('<html>')],
  ])('that %s is a 503 that says when to come again, never a 500', async (_, answer) => {
    owners.aggregator.answer = (_request, response) => void answer(response);
    const seen = await post('/confirmations', SENT);
    expect([seen.status, await codeOf(seen)]).toEqual([503, 'upstream_unavailable']);
    expect(Number(seen.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  it('that is away leaves its part of the first screen empty', async () => {
    owners.settlement.answer = (_, response) => void response.destroy();
    const home = await (await get('/home')).json();
    expect(home).toMatchObject({ results: null, missing: ['results'], instructions: { asked: '/v1/me/instructions' } });
  });

  it('that keeps the log names its policy and the keys of those who promise, to anyone', async () => {
    const keys = [
      { kid: 'k', role: 'service' },
      { kid: 'u', role: 'user' },
    ];
    owners.ledger.answer = (request, response) => {
      if (request.url === '/v1/policy') return void response.end('quorum none');
      reply(response, 200, request.url === '/v1/log' ? { origin: 'o', size: 1 } : { keys });
    };
    const trust = await (await fetch(`${url}/mobile/v1/trust`)).json();
    expect(trust).toEqual({ origin: 'o', policy: 'quorum none', keys: keys.slice(0, 1) });
  });

  it('that keeps the log is missed like any other', async () => {
    owners.ledger.answer = (request, response) => {
      if (request.url === '/v1/policy') return void response.destroy();
      reply(response, 200, { origin: 'o', keys: [] });
    };
    expect((await fetch(`${url}/mobile/v1/trust`)).status).toBe(503);
  });
});

describe('a dossier', () => {
  it('is streamed through byte for byte with its name', async () => {
    const bytes = Buffer.alloc(3_000_000, 7);
    owners.settlement.answer = (_, response) => {
      response.writeHead(200, {
        'content-type': 'application/gzip',
        'content-disposition': 'attachment; filename="e"',
      });
      response.end(bytes);
    };
    const answer = await get('/events/event-1/dossier');
    expect(answer.headers.get('content-disposition')).toBe('attachment; filename="e"');
    expect(Buffer.from(await answer.arrayBuffer()).equals(bytes)).toBe(true);
    expect(owners.settlement.asked).toMatchObject([{ url: '/v1/events/event-1/dossier', token: `Bearer ${token}` }]);
  });

  it('is refused as settlement refuses it, and 503 while it is away', async () => {
    owners.settlement.answer = (_, response) => reply(response, 404, { code: 'unknown_event', detail: 'none' });
    expect(await codeOf(await get('/events/event-1/dossier'))).toBe('unknown_event');
    owners.settlement.answer = (_, response) => void response.destroy();
    expect((await get('/events/event-1/dossier')).status).toBe(503);
  });

  it('ends early, without harm to the next request, when settlement dies in the middle', async () => {
    owners.settlement.answer = (_, response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('half', () => response.destroy());
    };
    const answer = await get('/events/event-1/dossier');
    await expect(answer.arrayBuffer()).rejects.toThrow();
    expect((await get('/instructions')).status).toBe(200);
  });
});

async function start(): Promise<NestFastifyApplication> {
  const config = parseConfig(mobileApiEnv, {
    GRIDPACT_ENVIRONMENT: 'sandbox',
    GRIDPACT_SERVICE: 'mobile-api',
    GRIDPACT_STATE_DIR: tmpdir(),
    GRIDPACT_HTTP_PORT: String(await freePort()),
    GRIDPACT_KAFKA_BROKERS: stack.kafka.brokers,
    GRIDPACT_KAFKA_USERNAME: 'mobile-api',
    GRIDPACT_KAFKA_PASSWORD: passwordFrom(stack.kafka.users, 'mobile-api'),
    GRIDPACT_ISSUER: issuer.url,
    GRIDPACT_IDENTITY_URL: owners.identity.url,
    GRIDPACT_AGGREGATOR_URL: owners.aggregator.url,
    GRIDPACT_SETTLEMENT_URL: owners.settlement.url,
    GRIDPACT_LEDGER_URL: owners.ledger.url,
  });
  const started = await createServiceApp(mobileApiModule(config), config);
  await listen(started, config);
  return started;
}

async function startOwner(): Promise<FaultyOwner> {
  const server = createServer((request, response) => owner.answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const owner: FaultyOwner = { url: `http://127.0.0.1:${port}`, server, asked: [], answer: () => undefined };
  owner.answer = echo(owner);
  server.on('request', (request: IncomingMessage) => note(owner, request));
  return owner;
}

function note(owner: FaultyOwner, request: IncomingMessage): void {
  const { method = '', url: path = '', headers } = request;
  const asked = {
    method,
    url: path,
    token: headers.authorization ?? '',
    key: String(headers['idempotency-key'] ?? ''),
    body: '',
  };
  owner.asked.push(asked);
  request.on('data', (chunk: Buffer) => (asked.body += chunk.toString()));
}

function echo(_: FaultyOwner): FaultyOwner['answer'] {
  return (request, response) => request.on('end', () => reply(response, 200, { asked: request.url })).resume();
}

function reply(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function tokenFor(role: string): Promise<string> {
  return new SignJWT({ party: 'user-1', roles: [role] })
    .setProtectedHeader({ alg: 'EdDSA', kid: 'test' })
    .setIssuer(issuer.url)
    .setAudience('gridpact')
    .setSubject('user-1')
    .setExpirationTime('5m')
    .sign(signingKey);
}

async function freePort(): Promise<number> {
  const probe = await startOwner();
  await new Promise((resolve) => probe.server.close(resolve));
  return Number(new URL(probe.url).port);
}

function get(path: string, as = token): Promise<Response> {
  return fetch(`${url}/mobile/v1${path}`, { headers: { authorization: `Bearer ${as}` } });
}

function post(path: string, body: unknown, extra: Record<string, string> = {}): Promise<Response> {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}`, ...extra };
  return fetch(`${url}/mobile/v1${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
}

async function codeOf(answer: Response): Promise<unknown> {
  const { code } = (await answer.json()) as { code?: unknown };
  return code;
}
