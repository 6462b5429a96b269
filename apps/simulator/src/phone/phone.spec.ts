import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, stat } from 'node:fs/promises';
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { instantOf, machineInstant } from '@gridpact/kernel';
import {
  type KeySigner,
  type SealPromise,
  ed25519Signer,
  openBody,
  parseStatement,
  prepare,
  publicKeyOf,
  signPromise,
  verifySignatures,
} from '@gridpact/statement';
import { decodeJwt } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MAX_TRIES, MobileClient, Unreachable } from './mobile-client.js';
import type { InstructionView } from './mobile-shapes.js';
import { Phone } from './phone.js';

const NOW = '2026-07-01T08:00:00.000Z';
const [INSTRUCTION, ENROLMENT, SEALED] = ['1', '2', '3'].map((digit) => digit.repeat(64)) as [string, string, string];
const service = newSigner();
const asked: InstructionView = {
  statement: INSTRUCTION,
  state: 'waiting',
  standing: null,
  body: {
    instruction: 'i-1',
    event: 'e-1',
    award: SEALED,
    enrolment: 'n-1',
    enrolmentStatement: ENROLMENT,
    user: 'user-1',
    site: 's-1',
    intervals: [
      { start: '2026-07-01T10:00:00.000Z', end: '2026-07-01T11:00:00.000Z', watt: '5000' },
      { start: '2026-07-01T11:00:00.000Z', end: '2026-07-01T12:00:00.000Z', watt: '4000' },
    ],
    priceMicroCnyPerKwh: '4000000',
    estimatedFen: '3600',
    confirmBy: '2026-07-01T09:00:00.000Z',
  },
};

interface Seen {
  readonly method: string;
  readonly path: string;
  readonly body: string;
  readonly key: string | undefined;
}

let server: Server;
let url: string;
let folder: string;
let seen: Seen[];
/** What the server does instead of answering, for as many requests as there are. */
let faults: ((response: ServerResponse) => void)[];
let routes: Record<string, (body: Record<string, unknown>) => [number, unknown] | Promise<[number, unknown]>>;
let promisedBy: { signer: KeySigner; twist: Partial<SealPromise> };

beforeEach(async () => {
  [seen, faults, promisedBy] = [[], [], { signer: service, twist: {} }];
  folder = join(await mkdtemp(join(tmpdir(), 'phone-')), 'home');
  server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  routes = sunnyRoutes();
});

afterEach(() => server.close());

describe('a phone', () => {
  it('makes a key that only its owner may read, and keeps it', async () => {
    const phone = await open();
    expect((await stat(join(folder, 'device-key.pem'))).mode & 0o777).toBe(0o600);
    expect((await open()).kid).toBe(phone.kid);
  });

  it('registers with a statement signed by its own key, the same bytes on every try', async () => {
    faults = [(response) => void response.destroy()];
    const phone = await open();
    expect(await phone.register('ABCDEFGHJK', 'user-1')).toEqual({
      ok: true,
      value: { party: 'user-1', statement: SEALED },
    });
    await phone.register('ABCDEFGHJK', 'user-1');
    const entries = sentTo('/mobile/v1/device-keys').map(({ body }) => (JSON.parse(body) as { entry: string }).entry);
    expect(new Set(entries).size).toBe(1);
    const statement = statementOf(entries[0]);
    expect(statement.envelope).toMatchObject({ type: 'party.registered', by: 'user-1', subject: 'user-1', at: NOW });
    const key = publicKeyOf(ed25519Signer(await readFile(join(folder, 'device-key.pem'), 'utf8')), 'sign');
    expect(verifySignatures(statement, () => key).ok).toBe(true);
  });

  it('proves itself to the issuer by a fresh assertion, and reuses its token', async () => {
    const phone = await registered();
    await phone.instructions();
    await phone.instructions();
    const grants = sentTo('/oidc/token');
    expect(grants).toHaveLength(1);
    const claims = decodeJwt(new URLSearchParams(grants[0]?.body).get('client_assertion') ?? '');
    expect(claims).toMatchObject({ iss: 'user-1', sub: 'user-1', aud: url });
    expect((claims.exp ?? 0) - (claims.iat ?? 0)).toBe(60);
  });

  it('gets a new token when the server no longer takes the old one', async () => {
    const phone = await registered();
    await phone.instructions();
    faults = [(response) => reply(response, 401, { code: 'unauthenticated' })];
    expect((await phone.instructions()).ok).toBe(true);
    expect(sentTo('/oidc/token')).toHaveLength(2);
  });
});

describe('an answer', () => {
  it('follows from its instruction and is kept with its promise', async () => {
    const phone = await registered();
    const answered = await phone.confirm(asked, { answer: 'part', watts: [5000n, 1000n] });
    expect(answered).toMatchObject({ ok: true, value: { receivedAt: NOW } });
    const [sent] = sentTo('/mobile/v1/confirmations');
    const { entry, opening } = JSON.parse(sent?.body ?? '') as {
      entry: string;
      opening: { salt: string; body: unknown };
    };
    const statement = statementOf(entry);
    expect(statement.envelope).toMatchObject({ subject: 'e-1', parents: [INSTRUCTION], by: 'user-1' });
    expect(openBody(statement, opening)).toMatchObject({
      ok: true,
      value: { answer: 'part', earlier: null, via: 'phone' },
    });
    const kept = await readFile(join(folder, 'promises', `${statement.leafHash}.json`), 'utf8');
    expect(JSON.parse(kept)).toMatchObject({ statement: statement.leafHash, receivedAt: NOW });
  });

  it('is sent again with the same bytes and key until the server answers', async () => {
    const phone = await registered();
    await phone.instructions();
    const lost = [
      (response: ServerResponse) => void response.destroy(),
      (response: ServerResponse) => reply(response, 503, {}),
    ];
    routes['/mobile/v1/server-time'] = () => {
      faults = lost;
      return [200, { business: NOW, machine: NOW, revision: 1 }];
    };
    expect((await phone.confirm(asked, { answer: 'full' })).ok).toBe(true);
    const sent = sentTo('/mobile/v1/confirmations');
    expect(sent).toHaveLength(3);
    expect(new Set(sent.map(({ body, key }) => `${key} ${body}`)).size).toBe(1);
  });

  it('names the one that it replaces, which is the standing one unless said otherwise', async () => {
    const phone = await registered();
    await phone.confirm({ ...asked, standing: SEALED }, { answer: 'declined' });
    await phone.confirm({ ...asked, standing: SEALED }, { answer: 'declined' }, null);
    const parents = sentTo('/mobile/v1/confirmations').map(({ body }) => {
      return statementOf((JSON.parse(body) as { entry: string }).entry).envelope.parents;
    });
    expect(parents).toEqual([[INSTRUCTION, SEALED], [INSTRUCTION]]);
  });

  it('with watts for another number of intervals is not sent', async () => {
    const phone = await registered();
    const answered = await phone.confirm(asked, { answer: 'part', watts: [1n] });
    expect(answered).toMatchObject({ ok: false, refusal: { code: 'watts_mismatch' } });
    expect(sentTo('/mobile/v1/confirmations')).toEqual([]);
  });

  it('that the server refuses is a value with the code of the server', async () => {
    routes['/mobile/v1/confirmations'] = () => [409, { code: 'deadline_passed', detail: 'too late' }];
    const answered = await (await registered()).confirm(asked, { answer: 'full' });
    expect(answered).toEqual({ ok: false, refusal: { code: 'deadline_passed', detail: 'too late' } });
  });
});

describe('a promise', () => {
  it.each([
    ['by a key that the log did not name', () => ({ signer: newSigner(), twist: {} })],
    ['about another statement', () => ({ signer: service, twist: { statement: SEALED } })],
    ['in the name of another party', () => ({ signer: service, twist: { by: 'ledger' } })],
  ])('%s is no promise', async (_, forged) => {
    promisedBy = forged();
    const answered = await (await registered()).confirm(asked, { answer: 'full' });
    expect(answered).toMatchObject({ ok: false, refusal: { code: 'bad_promise' } });
  });

  it('is checked with the keys first seen, whatever the server names later', async () => {
    const phone = await registered();
    const thief = newSigner();
    routes['/mobile/v1/trust'] = () => [200, trustOf(thief)];
    promisedBy = { signer: thief, twist: {} };
    expect(await phone.confirm(asked, { answer: 'full' })).toMatchObject({ ok: false });
  });
});

describe('a contract', () => {
  const contract = {
    enrolment: 'n-1',
    program: 'p-1',
    aggregator: 'aggregator-1',
    user: 'user-1',
    site: 's-1',
    meter: 'm-1',
    feeder: 'f-1',
    capabilityWatt: '9000',
    baselineMethod: 'CN_TYP5',
    split: { kind: 'share', aggregatorPercent: '20' },
    penaltyPassThrough: false,
    silence: 'declined',
    consent: { purpose: 'demand response', until: '2027-01-01T00:00:00.000Z' },
    from: NOW,
  } as const;
  const draftFor = (user: string) => {
    const body = { ...contract, user };
    const said = { at: instantOf(NOW), by: 'aggregator-1', subject: 'n-1', parents: [SEALED], salt: randomBytes(32) };
    const { payload, opening } = prepare({ type: 'enrolment.agreed', ...said, body });
    return { enrolment: 'n-1', state: 'draft', payload, opening, statement: null };
  };

  it('is signed when it binds this user', async () => {
    routes['/mobile/v1/enrolments'] = () => [200, { enrolments: [draftFor('user-1')] }];
    const signed = await (await registered()).signEnrolments();
    expect(signed).toEqual({ ok: true, value: [{ enrolment: 'n-1', statement: ENROLMENT }] });
  });

  it('that binds someone else is not signed', async () => {
    routes['/mobile/v1/enrolments'] = () => [200, { enrolments: [draftFor('user-2')] }];
    const signed = await (await registered()).signEnrolments();
    expect(signed).toMatchObject({ ok: false, refusal: { code: 'foreign_draft' } });
    expect(sentTo('/mobile/v1/enrolments/n-1/signature')).toEqual([]);
  });

  it('whose opening does not fit what would be signed is not signed', async () => {
    const draft = draftFor('user-1');
    const shown = { ...contract, split: { kind: 'share', aggregatorPercent: '1' } };
    const opening = { salt: draft.opening?.salt, body: shown };
    routes['/mobile/v1/enrolments'] = () => [200, { enrolments: [{ ...draft, opening }] }];
    expect(await (await registered()).signEnrolments()).toMatchObject({
      ok: false,
      refusal: { code: 'wrong_opening' },
    });
  });
});

describe('a server that is still at work on an earlier try', () => {
  it('is asked again with the same bytes until it has an answer', async () => {
    let asked = 0;
    routes['/mobile/v1/results'] = () => {
      asked += 1;
      return asked < 3 ? [409, { code: 'idempotency_key_in_use' }] : [200, { results: [] }];
    };
    const tokens = { token: async () => 't', forget: () => undefined };
    const client = new MobileClient(url, tokens, async () => undefined);
    expect((await client.bytes({ method: 'GET', path: '/mobile/v1/results' })).ok).toBe(true);
    expect(asked).toBe(3);
  });
});

describe('a server that stays away', () => {
  it('is given up after bounded tries, so that the bytes can be sent later', async () => {
    const pauses: number[] = [];
    const tokens = { token: async () => 't', forget: () => undefined };
    const client = new MobileClient('http://127.0.0.1:1', tokens, async (ms) => pauses.push(ms));
    await expect(client.bytes({ method: 'GET', path: '/mobile/v1/results' })).rejects.toThrow(Unreachable);
    expect(pauses).toHaveLength(MAX_TRIES - 1);
    expect(pauses.slice(0, 6)).toEqual([200, 400, 800, 1600, 3200, 5000]);
    expect(Math.max(...pauses)).toBe(5000);
  });
});

function open(): Promise<Phone> {
  return Phone.create({ folder, mobileApiUrl: url, random: (count) => randomBytes(count) });
}

async function registered(): Promise<Phone> {
  const phone = await open();
  expect((await phone.register('ABCDEFGHJK', 'user-1')).ok).toBe(true);
  return phone;
}

function sunnyRoutes(): typeof routes {
  return {
    '/.well-known/openid-configuration': () => [200, { token_endpoint: `${url}/oidc/token` }],
    '/oidc/token': () => [200, { access_token: `token-${seen.length}`, expires_in: 900 }],
    '/mobile/v1/server-time': () => [200, { business: NOW, machine: NOW, revision: 1 }],
    '/mobile/v1/device-keys': () => [201, { party: 'user-1', statement: SEALED, issuer: url }],
    '/mobile/v1/trust': () => [200, trustOf(service)],
    '/mobile/v1/instructions': () => [200, { instructions: [asked] }],
    '/mobile/v1/enrolments/n-1/signature': () => [200, { statement: ENROLMENT }],
    '/mobile/v1/confirmations': async ({ entry }) => [202, await promiseFor(String(entry))],
  };
}

function trustOf(signer: KeySigner): unknown {
  return {
    origin: 'o',
    policy: 'p',
    keys: [{ ...publicKeyOf(signer, 'service'), party: 'aggregator', role: 'service' }],
  };
}

async function promiseFor(entry: string): Promise<{ statement: string; promise: string }> {
  const statement = statementOf(entry).leafHash;
  const sealBy = machineInstant(instantOf('2026-07-01T08:10:00.000Z'));
  const promise = { statement, receivedAt: instantOf(NOW), sealBy, by: 'aggregator', ...promisedBy.twist };
  const bytes = await signPromise(promise, promisedBy.signer);
  return { statement, promise: Buffer.from(bytes).toString('base64') };
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const [body, path] = [Buffer.concat(chunks).toString(), request.url ?? ''];
  seen.push({ method: request.method ?? '', path, body, key: request.headers['idempotency-key']?.toString() });
  const fault = faults.shift();
  if (fault) return fault(response);
  const isJson = request.headers['content-type'] === 'application/json';
  const route = routes[path] ?? (() => [404, { code: 'not_found' }] as [number, unknown]);
  const [status, content] = await route(isJson ? (JSON.parse(body) as Record<string, unknown>) : {});
  reply(response, status, content);
}

function reply(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function sentTo(path: string): Seen[] {
  return seen.filter((request) => request.path === path);
}

function statementOf(entry = '') {
  const parsed = parseStatement(Buffer.from(entry, 'base64'));
  if (!parsed.ok) throw new Error(parsed.refusal.detail);
  return parsed.value;
}

function newSigner(): KeySigner {
  return ed25519Signer(generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }).toString());
}
