import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { required } from '@gridpact/kernel';
import { type Submission, receipt, topics } from '@gridpact/contracts';
import { createServiceApp, listen } from '@gridpact/platform/app';
import { systemMachineClock } from '@gridpact/platform/clock';
import { parseConfig } from '@gridpact/platform/config';
import { KafkaProducer, kafkaClient } from '@gridpact/platform/kafka';
import { migrate } from '@gridpact/platform/postgres';
import { logger } from '@gridpact/platform/telemetry';
import { type Statement, parsePromise, publicKeyOf, verifyPromise } from '@gridpact/statement';
import {
  TileTree,
  fromBase64,
  fromHex,
  openByPolicy,
  parsePolicy,
  parseTlogProof,
  tilePath,
  toHex,
  verifyTlogProof,
} from '@gridpact/tlog';
import { type FreshDatabase, freshDatabase, passwordFrom, withKafkaAdmin } from '@gridpact/testing';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { SignJWT, exportJWK, generateKeyPair } from 'jose';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { type LedgerConfig, ledgerEnv } from './config.js';
import { ledgerModule } from './ledger.module.js';
import { ledgerMigrations, lockMigrations } from './migrations/index.js';
import { KEYS, confirmation, enrolment, instruction, submit, untilInstructed } from './town.fixture.js';
import { type TestWitness, startWitness } from './witness.fixture.js';

const stack = inject('stack');
const log = logger('ledger-test');
log.level = 'silent';
/** PKCS#8 wrapping of the seed that the town's genesis names for the ledger. */
const LEDGER_KEY = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.alloc(32, 7)]);
const FAR = '2099-01-01T00:00:00.000Z';

let database: FreshDatabase;
let stateDir: string;
let witnesses: TestWitness[];
let issuer: TestIssuer;
let config: LedgerConfig;
let app: NestFastifyApplication;
let url: string;
let pool: pg.Pool;
/** Offset of the first message of this run: the topic keeps those of earlier ones. */
let began: string;
let said: Awaited<ReturnType<typeof untilInstructed>>;

beforeAll(async () => {
  database = await freshDatabase(stack, 'ledger');
  stateDir = await mkdtemp(join(tmpdir(), 'ledger-'));
  const pem = `-----BEGIN PRIVATE KEY-----\n${LEDGER_KEY.toString('base64')}\n-----END PRIVATE KEY-----\n`;
  await writeFile(join(stateDir, 'service-key.pem'), pem, { mode: 0o600 });
  const parties = ['power-company', 'aggregator-1', 'regulator'];
  witnesses = await Promise.all(parties.map((party, index) => startWitness(party, 220 + index)));
  issuer = await startIssuer();
  const lock = database.urlsOf('ledger_lock');
  const migration = { GRIDPACT_SERVICE: 'ledger', GRIDPACT_MIGRATION_DATABASE_URL: database.migrationUrl };
  await migrate(migration, [], ledgerMigrations);
  await migrate({ ...migration, GRIDPACT_MIGRATION_DATABASE_URL: lock.migrationUrl }, [], lockMigrations);
  config = configOf(await freePort(), lock.url);
  url = `http://127.0.0.1:${config.GRIDPACT_HTTP_PORT}`;
  pool = new pg.Pool({ connectionString: database.url });
  began = await startAtTheEnd();
  app = await start();
  said = await untilInstructed(await (await fetch(`${url}/v1/policy`)).text());
});

afterAll(async () => {
  await app.close();
  await pool.end();
  for (const witness of witnesses) await witness.close();
  issuer.server.close();
  await database.drop();
  await rm(stateDir, { recursive: true });
});

describe('the ledger service', () => {
  it('seals what comes through the topic, in order', async () => {
    await send(said.all);
    await vi.waitFor(async () => expect(await size()).toBe(7), { timeout: 30_000, interval: 100 });
    const listed = await json(await get('/v1/statements?limit=200'));
    const names = (listed['statements'] as { statement: string }[]).map(({ statement }) => statement);
    expect(names).toEqual(said.all.map(({ leafHash }) => leafHash));
    const { keys } = (await json(await get('/v1/keys', null))) as unknown as { keys: { party: string }[] };
    expect(keys.map(({ party }) => party)).toContain('user-1');
  });

  it('takes a statement by HTTP with a promise of its own and waits for the receipt when asked', async () => {
    const far = await instruction(said.awarded, said.enrolled, { instruction: 'instruction-2', confirmBy: FAR });
    expect(await json(await post(await submit(far)))).toMatchObject({ state: 'sequenced', index: 7 });
    const answer = await confirmation(far, { instruction: 'instruction-2' });
    const taken = await json(await post(await submit(answer), '?wait=receipt'));
    expect(taken).toMatchObject({ statement: answer.leafHash, index: 8, sealed: true });
    const promise = parsePromise(fromBase64(String(taken['promise'])));
    const signed = required(promise.ok ? promise.value : undefined, 'promise');
    expect(signed.promise).toMatchObject({ statement: answer.leafHash, by: 'ledger' });
    expect(verifyPromise(signed, () => publicKeyOf(KEYS.ledger, 'promise')).ok).toBe(true);
    const proof = parseTlogProof(await (await get(`/v1/receipts/${answer.leafHash}`, null)).text());
    const policy = parsePolicy(await (await get('/v1/policy', null)).text());
    expect(verifyTlogProof(proof, fromHex(answer.leafHash), policy).cosigners.length).toBeGreaterThanOrEqual(2);
    const told = receipt.parse(await json(await get(`/v1/statements/${answer.leafHash}/receipt`, null)));
    expect(told).toMatchObject({ index: 8, type: 'curtailment.confirmed', subject: 'event-1' });
  });

  it('answers each refusal with its code and leaves the log untouched', async () => {
    const before = await size();
    const late = await confirmation(said.instructed);
    const foreign = await enrolment(said.published, { enrolment: 'enrolment-2', site: 'site-2', user: 'user-9' });
    const cases: [Submission, number, string][] = [
      [await submit(late), 422, 'received_late'],
      [await submit(foreign), 403, 'foreign_signature'],
      [{ entry: 'AAAA', audience: [] }, 400, 'not_json'],
      [{ ...(await submit(late)), opening: { salt: 'AA', body: {} } }, 400, 'bad_salt'],
    ];
    for (const [submission, status, code] of cases) {
      const answer = await post(submission);
      expect({ status: answer.status, code: (await json(answer))['code'] }).toEqual({ status, code });
    }
    expect((await post({ entry: 'not base64!', audience: [] })).status).toBe(400);
    expect((await fetch(`${url}/v1/statements`, { method: 'POST' })).status).toBe(401);
    expect(await size()).toBe(before);
  });

  it('opens a body to its audience and to a regulator only', async () => {
    const body = async (party: string, roles: string[]) => {
      const token = await issuer.token({ party, roles });
      return (await json(await get(`/v1/statements/${said.instructed.leafHash}`, token)))['opening'];
    };
    expect(await body('user-1', ['user'])).toMatchObject({ body: { instruction: 'instruction-1' } });
    expect(await body('somebody', ['regulator'])).toMatchObject({ body: { instruction: 'instruction-1' } });
    expect(await body('aggregator-2', ['aggregator'])).toBeUndefined();
    expect((await get(`/v1/statements/${said.instructed.leafHash}`, null)).status).toBe(401);
    expect((await get(`/v1/statements/${'00'.repeat(32)}`)).status).toBe(404);
  });

  it('serves the log as tlog-tiles: types, caching, nothing beyond the published size', async () => {
    const checkpoint = await get('/log/checkpoint', null);
    expect(checkpoint.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(checkpoint.headers.get('cache-control')).toBe('no-cache');
    const policy = parsePolicy(await (await get('/v1/policy', null)).text());
    const opened = openByPolicy(policy, await checkpoint.text()).checkpoint;
    const read = async (level: number, index: number, width: number) => {
      const tile = await get(`/log/${tilePath({ level, index, width })}`, null);
      expect(tile.headers.get('content-type')).toBe('application/octet-stream');
      expect(tile.headers.get('cache-control')).toContain('immutable');
      return new Uint8Array(await tile.arrayBuffer());
    };
    expect(toHex(await new TileTree(opened.size, read).root())).toBe(toHex(opened.root));
    await writeFile(join(stateDir, 'log', 'tile/0/000'), Buffer.alloc(8192));
    const wrong = [
      '/log/tile/0/000',
      '/log/tile/0/000.p/200',
      '/log/tile/0/0',
      '/log/tile/0/%2e%2e/checkpoint',
      '/log/tile/9/000',
    ];
    for (const path of wrong) expect((await get(path, null)).status).toBe(404);
    await rm(join(stateDir, 'log', 'tile/0/000'));
    expect((await get(`/log/tile/entries/000.p/${opened.size}`, null)).status).toBe(200);
  });

  it('changes nothing when its topic is read again from the first offset', async () => {
    const before = await contents();
    await app.close();
    await withKafkaAdmin(stack, async (admin) => {
      const partitions = [{ partition: 0, offset: began }];
      await admin.setOffsets({ groupId: 'ledger', topic: topics.submission.name, partitions });
    });
    app = await start();
    await vi.waitFor(async () => expect(await lag()).toBe(0n), { timeout: 30_000, interval: 200 });
    expect(await contents()).toEqual(before);
    expect(await size()).toBe(9);
  });
});

async function start(): Promise<NestFastifyApplication> {
  const started = await createServiceApp(ledgerModule(config), config);
  await listen(started, config);
  return started;
}

/** Moves the ledger's group behind what other runs left in the topic. */
async function startAtTheEnd(): Promise<string> {
  return withKafkaAdmin(stack, async (admin) => {
    const [end] = await admin.fetchTopicOffsets(topics.submission.name);
    const offset = required(end, 'partition').high;
    const partitions = [{ partition: 0, offset }];
    await admin.setOffsets({ groupId: 'ledger', topic: topics.submission.name, partitions });
    return offset;
  });
}

async function send(statements: readonly Statement[]): Promise<void> {
  const access = {
    ...config,
    GRIDPACT_KAFKA_USERNAME: 'dispatcher',
    GRIDPACT_KAFKA_PASSWORD: passwordFrom(stack.kafka.users, 'dispatcher'),
  };
  const producer = new KafkaProducer(kafkaClient(access, log), 'dispatcher', systemMachineClock, log);
  const values = await Promise.all(statements.map((statement) => submit(statement)));
  await producer.sendBatch(
    topics.submission,
    values.map((value) => ({ key: 'log', value })),
  );
  await producer.close();
}

/** Messages between what the group has committed and the end of the topic. */
async function lag(): Promise<bigint> {
  return withKafkaAdmin(stack, async (admin) => {
    const [end] = await admin.fetchTopicOffsets(topics.submission.name);
    const [group] = await admin.fetchOffsets({ groupId: 'ledger', topics: [topics.submission.name] });
    return BigInt(end?.high ?? 0) - BigInt(group?.partitions[0]?.offset ?? 0);
  });
}

/** What replaying must not change; refusals of other test files' submissions in the shared topic are left out. */
async function contents(): Promise<unknown> {
  const { rows } = await pool.query(`
    SELECT (SELECT count(*) FROM entry) AS entries, (SELECT root FROM log_state) AS root,
      (SELECT count(*) FROM claim) AS claims, (SELECT count(*) FROM body) AS bodies,
      (SELECT count(*) FROM outbox WHERE topic = '${topics.receipt.name}') AS receipts`);
  return rows[0];
}

async function size(): Promise<unknown> {
  return (await json(await get('/v1/log', null)))['size'];
}

async function get(path: string, token?: string | null): Promise<Response> {
  const bearer = token === undefined ? await issuer.token() : token;
  return fetch(`${url}${path}`, bearer === null ? {} : { headers: { authorization: `Bearer ${bearer}` } });
}

async function post(submission: Submission, query = ''): Promise<Response> {
  const headers = { authorization: `Bearer ${await issuer.token()}`, 'content-type': 'application/json' };
  return fetch(`${url}/v1/statements${query}`, { method: 'POST', headers, body: JSON.stringify(submission) });
}

async function json(response: Response): Promise<Record<string, unknown>> {
  return (await response.json()) as Record<string, unknown>;
}

function configOf(port: number, lockUrl: string): LedgerConfig {
  return parseConfig(ledgerEnv, {
    GRIDPACT_ENVIRONMENT: 'sandbox',
    GRIDPACT_SERVICE: 'ledger',
    GRIDPACT_STATE_DIR: stateDir,
    GRIDPACT_HTTP_PORT: String(port),
    GRIDPACT_DATABASE_URL: database.url,
    GRIDPACT_LOCK_DATABASE_URL: lockUrl,
    GRIDPACT_KAFKA_BROKERS: stack.kafka.brokers,
    GRIDPACT_KAFKA_USERNAME: 'ledger',
    GRIDPACT_KAFKA_PASSWORD: passwordFrom(stack.kafka.users, 'ledger'),
    GRIDPACT_ISSUER: issuer.url,
    GRIDPACT_WITNESSES: JSON.stringify(witnesses.map((witness) => witness.config)),
  });
}

interface TestIssuer {
  readonly url: string;
  readonly server: Server;
  token(claims?: Record<string, unknown>): Promise<string>;
}

async function startIssuer(): Promise<TestIssuer> {
  const { publicKey, privateKey } = await generateKeyPair('EdDSA');
  const jwk = { ...(await exportJWK(publicKey)), kid: 'test', alg: 'EdDSA', use: 'sig' };
  const server = createServer((request, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(request.url === '/jwks' ? { keys: [jwk] } : metadata()));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const at = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const metadata = () => ({ issuer: at, jwks_uri: `${at}/jwks`, token_endpoint: `${at}/token` });
  const token = (claims: Record<string, unknown> = {}): Promise<string> => {
    const usual = { iss: at, aud: 'gridpact', sub: 'test', party: 'aggregator-1', roles: ['aggregator'] };
    const exp = Math.floor(Date.now() / 1_000) + 300;
    return new SignJWT({ ...usual, exp, ...claims }).setProtectedHeader({ alg: 'EdDSA', kid: 'test' }).sign(privateKey);
  };
  return { url: at, server, token };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
