import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { topics } from '@gridpact/contracts';
import { instantOf } from '@gridpact/kernel';
import { createServiceApp, listen } from '@gridpact/platform/app';
import { systemMachineClock } from '@gridpact/platform/clock';
import { parseConfig } from '@gridpact/platform/config';
import { KafkaProducer, kafkaClient } from '@gridpact/platform/kafka';
import { migrate } from '@gridpact/platform/postgres';
import { fileServiceSigner } from '@gridpact/platform/signer';
import { logger } from '@gridpact/platform/telemetry';
import {
  type KeySigner,
  ed25519Signer,
  parseStatement,
  prepare,
  publicKeyOf,
  signStatement,
} from '@gridpact/statement';
import { type FreshDatabase, freshDatabase, passwordFrom, withDatabase } from '@gridpact/testing';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { SignJWT, createRemoteJWKSet, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { z } from 'zod';
import { type IdentityConfig, identityEnv } from './config.js';
import { identityModule, migrations } from './identity.module.js';

const stack = inject('stack');
const SECRETS = { aggregator: 'a'.repeat(43), ledger: 'l'.repeat(43), 'staff-1': 's'.repeat(43) } as const;
const BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

let database: FreshDatabase;
let stateDir: string;
let apps: NestFastifyApplication[];
let urls: readonly [string, string];

beforeAll(async () => {
  database = await freshDatabase(stack, 'identity');
  stateDir = await mkdtemp(join(tmpdir(), 'identity-'));
  await writeFile(join(stateDir, 'clients.json'), JSON.stringify(seeds()));
  const migration = { GRIDPACT_SERVICE: 'identity', GRIDPACT_MIGRATION_DATABASE_URL: database.migrationUrl };
  await migrate(migration, [], migrations);
  const [first, second] = [await freePort(), await freePort()];
  urls = [`http://127.0.0.1:${first}`, `http://127.0.0.1:${second}`];
  apps = [await start(first, urls[0]), await start(second, urls[0])];
});

afterAll(async () => {
  for (const app of apps) await app.close();
  await database.drop();
});

describe('the issuer', () => {
  it('answers discovery at its URL and gives seeded clients tokens that verify', async () => {
    const found = await json(await fetch(`${urls[0]}/.well-known/openid-configuration`));
    const { issuer, jwks_uri } = z.object({ issuer: z.url(), jwks_uri: z.url() }).parse(found);
    expect(issuer).toBe(urls[0]);
    const keys = createRemoteJWKSet(new URL(jwks_uri));
    const { payload } = await jwtVerify(await tokenOf('staff-1'), keys, { issuer, audience: 'gridpact' });
    expect(payload).toMatchObject({ sub: 'staff-1', party: 'aggregator-1', roles: ['aggregator'] });
  });

  it('is one issuer in two instances: same clients, same keys', async () => {
    const token = await tokenOf('ledger', urls[1]);
    const keys = createRemoteJWKSet(new URL(`${urls[0]}/oidc/jwks`));
    expect((await jwtVerify(token, keys, { issuer: urls[0], audience: 'gridpact' })).payload['party']).toBe('ledger');
  });

  it('refuses a wrong secret in the form of RFC 6749', async () => {
    const answer = await secretGrant('ledger', 'x'.repeat(43));
    expect([answer.status, await answer.json()]).toEqual([401, expect.objectContaining({ error: 'invalid_client' })]);
  });
});

describe('an enrolment code', () => {
  it('is given to the aggregator service alone', async () => {
    const body = { party: 'user-codes', role: 'user' };
    expect((await post('/v1/enrolment-codes', body)).status).toBe(401);
    expect((await post('/v1/enrolment-codes', body, await tokenOf('staff-1'))).status).toBe(403);
    expect(await codeOf(await post('/v1/enrolment-codes', body, await tokenOf('ledger')))).toBe('not_enrolling');
    expect((await post('/v1/enrolment-codes', { party: 'NOBODY' }, await tokenOf('aggregator'))).status).toBe(400);
    expect((await post('/v1/enrolment-codes', body, await tokenOf('aggregator'))).status).toBe(201);
  });

  it('voids the one before, and is never kept in clear', async () => {
    const [earlier, later] = [await newCode('user-twice'), await newCode('user-twice')];
    const entry = await entryOf('user-twice', newKey());
    expect(await codeOf(await register(earlier, entry))).toBe('code_unknown');
    const rows = await query('SELECT * FROM enrolment_code');
    expect(JSON.stringify(rows)).not.toContain(later);
  });

  it('is refused for a party that a client speaks for already', async () => {
    const request = { party: 'aggregator-1', role: 'user' };
    expect(await codeOf(await post('/v1/enrolment-codes', request, await tokenOf('aggregator')))).toBe('party_taken');
  });

  it('is dead after ten refused tries', async () => {
    const code = await newCode('user-locked');
    const foreign = await entryOf('user-other', newKey());
    for (let tries = 0; tries < 10; tries += 1) expect(await codeOf(await register(code, foreign))).toBe('wrong_party');
    const right = await register(code, await entryOf('user-locked', newKey()));
    expect([right.status, await codeOf(right)]).toEqual([423, 'code_locked']);
  });
});

describe('a registration', () => {
  it('countersigns the key, hands the statement to the log and opens the token endpoint', async () => {
    const key = newKey();
    const { answer, entry, code } = await registered('user-1', key);
    const registry = await fileServiceSigner(stateDir, 'identity');
    const [row] = await query('SELECT entry FROM registration WHERE party = $1', ['user-1']);
    const sealed = parseStatement(z.object({ entry: z.instanceof(Buffer) }).parse(row).entry);
    expect(sealed).toMatchObject({ ok: true, value: { leafHash: answer.statement } });
    const kids = sealed.ok ? sealed.value.signatures.map(({ kid }) => kid) : [];
    expect(kids.sort()).toEqual([key.signer.kid, registry.kid].sort());
    expect(await submissions(answer.statement)).toBe(1);

    expect(await json(await register(code, entry))).toEqual(answer);
    expect(await submissions(answer.statement)).toBe(1);

    const token = await assertionGrant(await assertion('user-1', key), urls[1]);
    const { payload } = await jwtVerify(token, createRemoteJWKSet(new URL(`${urls[0]}/oidc/jwks`)));
    expect(payload).toMatchObject({ sub: 'user-1', party: 'user-1', roles: ['user'] });
  });

  it('does not let an assertion be used again at another instance', async () => {
    const key = newKey();
    await registered('user-replay', key);
    const once = await assertion('user-replay', key);
    await assertionGrant(once, urls[0]);
    await expect(assertionGrant(once, urls[1])).rejects.toThrow('401');
    const expired = await assertion('user-replay', key, '-1m');
    await expect(assertionGrant(expired, urls[0])).rejects.toThrow('401');
  });

  it('binds one key to a code, also when two phones send at once', async () => {
    const code = await newCode('user-race');
    const entries = await Promise.all([newKey(), newKey()].map((key) => entryOf('user-race', key)));
    const answers = await Promise.all(entries.map((entry, at) => register(code, entry, urls[at])));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409]);
    const late = await register(code, await entryOf('user-race', newKey()));
    expect([late.status, await codeOf(late)]).toEqual([409, 'code_used']);
  });

  it('refuses a key that speaks for another party', async () => {
    const key = newKey();
    await registered('user-a', key);
    const again = await register(await newCode('user-b'), await entryOf('user-b', key));
    expect([again.status, await codeOf(again)]).toEqual([409, 'key_in_use']);
    expect(await query('SELECT party FROM registration WHERE party = $1', ['user-b'])).toEqual([]);
  });

  it('is a problem, and changes nothing, when the body is no registration', async () => {
    const before = await query('SELECT count(*) FROM registration');
    for (const body of [{}, { code: 'A' }, { code: 'A', entry: '%' }, { code: 'AAAAAAAAAA', entry: 'AAAA' }]) {
      const answer = await post('/v1/registrations', body);
      expect(answer.headers.get('content-type')).toContain('application/problem+json');
      expect(answer.status).toBeLessThan(500);
    }
    expect(await query('SELECT count(*) FROM registration')).toEqual(before);
  });

  it('is seen by its user, by services and by aggregators, and by no other user', async () => {
    const key = newKey();
    await registered('user-seen', key);
    const own = await assertionGrant(await assertion('user-seen', key), urls[0]);
    const stranger = newKey();
    await registered('user-stranger', stranger);
    const foreign = await assertionGrant(await assertion('user-stranger', stranger), urls[0]);
    const statusFor = async (token: string) => (await get('/v1/registrations/user-seen', token)).status;
    expect([await statusFor(own), await statusFor(await tokenOf('staff-1'))]).toEqual([200, 200]);
    expect([await statusFor(foreign), (await get('/v1/registrations/user-seen')).status]).toEqual([404, 401]);
  });

  it('shows its place in the log once the ledger sent the receipt', async () => {
    const { answer } = await registered('user-sealed', newKey());
    await sealAt(answer.statement, 41);
    await vi.waitFor(async () => {
      const view = await json(await get('/v1/registrations/user-sealed', await tokenOf('aggregator')));
      expect(view).toMatchObject({ statement: answer.statement, logIndex: 41, refusal: null });
    }, 20_000);
  });
});

function seeds() {
  return [
    { id: 'aggregator', secret: SECRETS.aggregator, party: 'aggregator', roles: ['service'] },
    { id: 'ledger', secret: SECRETS.ledger, party: 'ledger', roles: ['service'] },
    { id: 'staff-1', secret: SECRETS['staff-1'], party: 'aggregator-1', roles: ['aggregator'] },
  ];
}

async function start(port: number, issuer: string): Promise<NestFastifyApplication> {
  const config = configOf(port, issuer);
  const app = await createServiceApp(identityModule(config), config);
  await listen(app, config);
  return app;
}

function configOf(port: number, issuer: string): IdentityConfig {
  return parseConfig(identityEnv, {
    GRIDPACT_ENVIRONMENT: 'sandbox',
    GRIDPACT_SERVICE: 'identity',
    GRIDPACT_STATE_DIR: stateDir,
    GRIDPACT_HTTP_PORT: String(port),
    GRIDPACT_DATABASE_URL: database.url,
    GRIDPACT_KAFKA_BROKERS: stack.kafka.brokers,
    GRIDPACT_KAFKA_USERNAME: 'identity',
    GRIDPACT_KAFKA_PASSWORD: passwordFrom(stack.kafka.users, 'identity'),
    GRIDPACT_ISSUER: issuer,
    GRIDPACT_CLIENT_SEED_FILE: join(stateDir, 'clients.json'),
  });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

interface TestKey {
  readonly pem: string;
  readonly signer: KeySigner;
  readonly privateKey: ReturnType<typeof generateKeyPairSync>['privateKey'];
}

function newKey(): TestKey {
  const { privateKey } = generateKeyPairSync('ed25519');
  const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
  return { pem, privateKey, signer: ed25519Signer(pem) };
}

async function entryOf(party: string, { signer }: TestKey): Promise<string> {
  const key = publicKeyOf(signer, 'sign');
  const statement = prepare({
    type: 'party.registered',
    at: instantOf('2026-07-01T08:00:00.000Z'),
    by: party,
    subject: party,
    parents: [],
    body: { party, role: 'user', operator: null, keys: [{ ...key, jwk: { ...key.jwk } }], registrar: 'registry' },
  });
  return Buffer.from((await signStatement(statement, [signer])).entry).toString('base64');
}

async function registered(party: string, key: TestKey) {
  const code = await newCode(party);
  const entry = await entryOf(party, key);
  const answer = await register(code, entry);
  expect(answer.status).toBe(201);
  return { code, entry, answer: z.object({ party: z.string(), statement: z.string() }).parse(await answer.json()) };
}

async function newCode(party: string): Promise<string> {
  const answer = await post('/v1/enrolment-codes', { party, role: 'user' }, await tokenOf('aggregator'));
  return z.object({ code: z.string() }).parse(await answer.json()).code;
}

function register(code: string, entry: string, url = urls[0]): Promise<Response> {
  return post('/v1/registrations', { code, entry }, undefined, url);
}

function post(path: string, body: unknown, token?: string, url: string = urls[0]): Promise<Response> {
  const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
  return fetch(`${url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
}

function get(path: string, token?: string): Promise<Response> {
  return fetch(`${urls[0]}${path}`, { headers: token ? { authorization: `Bearer ${token}` } : {} });
}

async function json(answer: Response): Promise<unknown> {
  return answer.json();
}

async function codeOf(answer: Response): Promise<string> {
  return z.object({ code: z.string() }).parse(await answer.json()).code;
}

function secretGrant(id: string, secret: string, url: string = urls[0]): Promise<Response> {
  const authorization = `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
  const body = new URLSearchParams({ grant_type: 'client_credentials' });
  return fetch(`${url}/oidc/token`, { method: 'POST', headers: { authorization }, body });
}

async function tokenOf(id: keyof typeof SECRETS, url: string = urls[0]): Promise<string> {
  const answer = await secretGrant(id, SECRETS[id], url);
  return z.object({ access_token: z.string() }).parse(await answer.json()).access_token;
}

async function assertionGrant(client_assertion: string, url: string): Promise<string> {
  const form = { grant_type: 'client_credentials', client_assertion_type: BEARER, client_assertion };
  const answer = await fetch(`${url}/oidc/token`, { method: 'POST', body: new URLSearchParams(form) });
  if (!answer.ok) throw new Error(String(answer.status));
  return z.object({ access_token: z.string() }).parse(await answer.json()).access_token;
}

function assertion(party: string, { privateKey, signer }: TestKey, expires = '1m'): Promise<string> {
  return new SignJWT({})
    .setProtectedHeader({ alg: 'EdDSA', kid: signer.kid })
    .setIssuer(party)
    .setSubject(party)
    .setAudience(urls[0])
    .setJti(randomUUID())
    .setExpirationTime(expires)
    .sign(privateKey);
}

async function query(sql: string, parameters: unknown[] = []): Promise<unknown[]> {
  return withDatabase(stack, 'identity', database.name, async (client) => (await client.query(sql, parameters)).rows);
}

/** How often a statement was handed to the log: outbox rows whose value holds its entry. */
async function submissions(statement: string): Promise<number> {
  const [row] = await query(
    `SELECT count(*)::int AS times FROM outbox, registration
     WHERE statement = $1 AND topic = 'ledger.submission.v1'
       AND value::jsonb ->> 'entry' = translate(encode(entry, 'base64'), E'\\n', '')`,
    [statement],
  );
  return z.object({ times: z.int() }).parse(row).times;
}

async function sealAt(statement: string, index: number): Promise<void> {
  const log = logger('identity-test');
  log.level = 'silent';
  const access = {
    GRIDPACT_SERVICE: 'ledger',
    GRIDPACT_KAFKA_BROKERS: stack.kafka.brokers.split(','),
    GRIDPACT_KAFKA_USERNAME: 'ledger',
    GRIDPACT_KAFKA_PASSWORD: passwordFrom(stack.kafka.users, 'ledger'),
  };
  const producer = new KafkaProducer(kafkaClient(access, log), 'ledger', systemMachineClock, log);
  const sealedAt = '2026-07-01T08:00:01.000Z';
  const value = { statement, index, type: 'party.registered', subject: 'user', receipt: 'proof', sealedAt } as const;
  await producer.sendBatch(topics.receipt, [{ key: 'user', value }]);
  await producer.close();
}
