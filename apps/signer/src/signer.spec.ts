import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalText, ed25519Suite, jwkThumbprint, type BodyOf, type PublicJwk } from '@gridpact/statement';
import { fromBase64Url, sha256, toBase64Url, toHex, utf8 } from '@gridpact/tlog';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ask, LEAF, newFolder, prepared, SALT, serve, signingInput } from './signer.fixture.js';

type Running = Awaited<ReturnType<typeof serve>>;

let folder: string;
let company: Running;
let aggregator: Running;

beforeEach(async () => {
  folder = await newFolder();
  company = await serve(folder, 'power-company', ['operator', 'approver']);
  aggregator = await serve(await newFolder(), 'aggregator-1', ['statements']);
});
afterEach(() => Promise.all([company.close(), aggregator.close()]));

const cancelled = (by = 'power-company') =>
  prepared({ type: 'event.cancelled', by, body: { event: 'event-1', reason: 'cooler than forecast' } }).payload;
const outage = (salt = SALT) =>
  prepared({
    type: 'outage.flagged',
    by: 'power-company',
    salt,
    body: {
      event: 'event-1',
      feeder: 'f-1',
      start: '2026-07-15T06:00:00.000Z',
      end: '2026-07-15T07:00:00.000Z',
      source: 'operations',
    },
  });
const dispute = (by: string) =>
  prepared({
    type: 'dispute.raised',
    by,
    salt: SALT,
    body: { dispute: 'd-1', event: 'event-1', settlement: LEAF, site: 's-1', reason: 'wrong', evidenceSha256: null },
  }).payload;
const contract = (by: string, party: string) => {
  const body: BodyOf<'enrolment.agreed'> = {
    enrolment: 'e-1',
    program: 'p-1',
    aggregator: party,
    user: 'user-1',
    site: 's-1',
    meter: 'm-1',
    feeder: 'f-1',
    capabilityWatt: '100000',
    baselineMethod: 'CN_TYP5',
    split: { kind: 'share', aggregatorPercent: '20' },
    penaltyPassThrough: true,
    silence: 'declined',
    consent: { purpose: 'demand response', until: '2027-01-01T00:00:00.000Z' },
    from: '2026-07-01T00:00:00.000Z',
  };
  return prepared({ type: 'enrolment.agreed', by, salt: SALT, body });
};
const genesis = (by: string, keys: BodyOf<'log.genesis'>['parties'][number]['keys']) =>
  prepared({
    type: 'log.genesis',
    by,
    subject: 'log',
    body: {
      origin: 'log.example',
      environment: 'sandbox',
      policy: 'quorum none\n',
      parties: [{ party: 'aggregator-1', role: 'aggregator', operator: null, keys }],
    },
  }).payload;

/** Asks for a signature over a payload; gives the refusal's code, or `signed`. */
async function outcome(
  signer: Running,
  use: 'operator' | 'approver' | 'statements',
  payload: string,
  opening?: unknown,
) {
  const { status, json } = await ask(signer, {
    use,
    signingInput: signingInput(signer.kid(use), payload),
    ...(opening ? { opening } : {}),
  });
  return status === 200 ? 'signed' : json['code'];
}

describe('a signer', () => {
  it('lists its public keys with their thumbprints, and no private part', async () => {
    const response = await fetch(`${company.url}/v1/keys`, { headers: { authorization: `Bearer ${company.token}` } });
    const keys = (await response.json()) as { use: string; kid: string; suite: string; jwk: PublicJwk }[];
    expect(keys.map(({ use, suite }) => [use, suite])).toEqual([
      ['operator', 'ed25519'],
      ['approver', 'ed25519'],
    ]);
    for (const { kid, jwk } of keys) {
      expect(jwkThumbprint(jwk)).toBe(kid);
      expect(Object.keys(jwk).sort()).toEqual(['crv', 'kty', 'x']);
    }
  });

  it('signs what the party may say, verifiably and with the key that was asked', async () => {
    for (const { use, kid, jwk } of company.keys()) {
      const input = signingInput(kid, cancelled());
      const { status, json } = await ask(company, { use, signingInput: input });
      expect([status, json['kid']]).toEqual([200, kid]);
      expect(ed25519Suite.verifier(jwk)?.(fromBase64Url(input), fromBase64Url(String(json['signature'])))).toBe(true);
    }
  });

  it('writes down what it signed before it gives the signature away, and never a body', async () => {
    const input = signingInput(company.kid('operator'), cancelled());
    await ask(company, { use: 'operator', signingInput: input });
    await outcome(company, 'approver', outage().payload);
    const audit = await readFile(join(folder, 'signer.audit.jsonl'), 'utf8');
    const hash = toHex(sha256(fromBase64Url(input)));
    const at = '2026-09-21T14:13:20.000Z';
    expect(audit).toBe(`${JSON.stringify({ at, kid: company.kid('operator'), type: 'event.cancelled', hash })}\n`);
  });

  it('keeps keys and token over a restart, for its own eyes only, and goes on with its audit', async () => {
    await outcome(company, 'operator', cancelled());
    const [kid, token] = [company.kid('operator'), company.token];
    await company.close();
    company = await serve(folder, 'power-company', ['operator', 'approver']);
    expect([company.kid('operator'), company.token]).toEqual([kid, token]);
    expect(await outcome(company, 'operator', cancelled())).toBe('signed');
    expect((await readFile(join(folder, 'signer.audit.jsonl'), 'utf8')).trim().split('\n')).toHaveLength(2);
    for (const name of ['operator.key.pem', 'approver.key.pem', 'signer.token', 'signer.audit.jsonl']) {
      expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
    }
  });
});

describe('a signer refuses', () => {
  it('whoever does not know the token', async () => {
    const body = { use: 'operator', signingInput: signingInput(company.kid('operator'), cancelled()) };
    for (const token of ['', 'wrong', aggregator.token, `${company.token}x`]) {
      const { status, json, type } = await ask(company, body, token);
      expect([status, json['code'], type]).toEqual([401, 'unauthorized', 'application/problem+json']);
    }
    expect((await fetch(`${company.url}/v1/keys`)).status).toBe(401);
  });

  it('requests that are none, are too large, or go elsewhere', async () => {
    const input = signingInput(company.kid('operator'), cancelled());
    const bad = ['', 'null', '{', { use: 'operator' }, { use: 'operator', signingInput: '+/' }];
    for (const body of [...bad, { use: 'operator', signingInput: input, more: 1 }]) {
      expect((await ask(company, body)).json).toMatchObject({ status: 400, code: 'bad_request' });
    }
    expect((await ask(company, 'x'.repeat(600_000))).json).toMatchObject({ status: 413, code: 'too_large' });
    const authorization = `Bearer ${company.token}`;
    expect((await fetch(`${company.url}/v1/signatures`, { headers: { authorization } })).status).toBe(405);
    expect((await fetch(`${company.url}/v1/other`, { headers: { authorization } })).status).toBe(404);
    expect((await fetch(`${company.url}/health/ready`)).status).toBe(200);
  });

  it('a use for which it has no key', async () => {
    for (const use of ['statements', 'nobody', 'toString']) {
      const { json } = await ask(company, { use, signingInput: signingInput(company.kid('operator'), cancelled()) });
      expect(json).toMatchObject({ status: 404, code: 'unknown_use' });
    }
  });

  it('bytes that are no signing input', async () => {
    const dotless = toBase64Url(utf8('abc'));
    const three = toBase64Url(utf8('e30.e30.e30'));
    const binary = toBase64Url(Uint8Array.of(0xff, 0x2e, 0xff));
    const huge = toBase64Url(utf8(`e30.${'A'.repeat(100_000)}`));
    for (const input of [dotless, three, binary, huge]) {
      expect((await ask(company, { use: 'operator', signingInput: input })).json).toMatchObject({
        status: 422,
        code: 'bad_signing_input',
      });
    }
  });

  it('a header of another algorithm, key or kind, and one that is not canonical', async () => {
    const kid = company.kid('operator');
    const coded = async (input: string) => (await ask(company, { use: 'operator', signingInput: input })).json['code'];
    expect(await coded(signingInput(kid, cancelled(), { alg: 'none' }))).toBe('wrong_alg');
    expect(await coded(signingInput(company.kid('approver'), cancelled()))).toBe('wrong_kid');
    expect(await coded(signingInput(kid, cancelled(), { typ: 'gridpact-promise' }))).toBe('bad_header');
    expect(await coded(signingInput(kid, cancelled(), { crit: 'b64' }))).toBe('bad_header');
    const spaced = toBase64Url(utf8(`{"kid":"${kid}", "alg":"Ed25519"}`));
    expect(await coded(toBase64Url(utf8(`${spaced}.${cancelled()}`)))).toBe('bad_header');
    expect(await coded(toBase64Url(utf8(`${toBase64Url(utf8('null'))}.${cancelled()}`)))).toBe('bad_header');
  });

  it('payloads that are no canonical envelope of a known type', async () => {
    const envelope: Record<string, unknown> = {
      v: 1,
      type: 'event.cancelled',
      at: '2026-07-15T06:00:00.000Z',
      by: 'power-company',
      subject: 'event-1',
      parents: [],
      body: { open: { event: 'event-1', reason: 'x' } },
    };
    const payload = (change: Record<string, unknown>) => toBase64Url(utf8(canonicalText({ ...envelope, ...change })));
    expect(await outcome(company, 'operator', payload({}))).toBe('signed');
    expect(await outcome(company, 'operator', toBase64Url(utf8('{')))).toBe('not_json');
    expect(await outcome(company, 'operator', toBase64Url(utf8(JSON.stringify(envelope))))).toBe('not_canonical');
    expect(await outcome(company, 'operator', payload({ type: 'money.printed' }))).toBe('unknown_type');
    expect(await outcome(company, 'operator', payload({ v: 2 }))).toBe('bad_envelope');
    expect(await outcome(company, 'operator', payload({ body: { commitment: toBase64Url(SALT) } }))).toBe('body_form');
    expect(await outcome(company, 'operator', payload({ body: { open: { event: 'event-1' } } }))).toBe('bad_body');
  });

  it('a type that this key does not say', async () => {
    expect(await outcome(company, 'operator', outage().payload)).toBe('signed');
    expect(await outcome(company, 'approver', outage().payload)).toBe('type_not_allowed');
    expect(await outcome(company, 'operator', dispute('power-company'))).toBe('type_not_allowed');
    expect(await outcome(aggregator, 'statements', cancelled('aggregator-1'))).toBe('type_not_allowed');
  });

  it('a sandbox clock in production', async () => {
    const clock = prepared({
      type: 'clock.set',
      by: 'power-company',
      body: {
        revision: 1,
        machineEpoch: '2026-07-15T06:00:00.000Z',
        businessEpoch: '2026-07-15T06:00:00.000Z',
        ratePermille: 0,
      },
    }).payload;
    const production = await serve(await newFolder(), 'power-company', ['operator'], true);
    expect(await outcome(company, 'operator', clock)).toBe('signed');
    expect(await outcome(production, 'operator', clock)).toBe('type_not_allowed');
    expect(await outcome(production, 'operator', cancelled())).toBe('signed');
    await production.close();
  });

  it('what another party says', async () => {
    expect(await outcome(aggregator, 'statements', dispute('aggregator-1'))).toBe('signed');
    expect(await outcome(aggregator, 'statements', dispute('aggregator-2'))).toBe('foreign_party');
    expect(await outcome(company, 'operator', cancelled('aggregator-1'))).toBe('foreign_party');
  });

  it('an opening that is not the body of the statement', async () => {
    const { payload, opening } = outage();
    const other = outage(new Uint8Array(32).fill(8)).opening;
    expect(await outcome(company, 'operator', payload, opening)).toBe('signed');
    expect(await outcome(company, 'operator', payload, other)).toBe('wrong_opening');
    expect(await outcome(company, 'operator', payload, { ...opening, salt: 'AA' })).toBe('bad_salt');
  });
});

describe('what several parties sign', () => {
  it('is signed for another speaker when a genesis lists this party with this very key', async () => {
    const [key] = aggregator.keys();
    const [foreign] = company.keys();
    if (!key || !foreign) throw new Error('both signers have keys');
    expect(await outcome(aggregator, 'statements', genesis('power-company', [key]))).toBe('signed');
    expect(await outcome(aggregator, 'statements', genesis('power-company', [foreign]))).toBe('foreign_party');
    expect(await outcome(company, 'operator', genesis('aggregator-1', [key]))).toBe('foreign_party');
  });

  it('is signed for another speaker when a sealed contract, opened, names this aggregator', async () => {
    const own = contract('user-1', 'aggregator-1');
    const foreign = contract('user-1', 'aggregator-2');
    expect(await outcome(aggregator, 'statements', own.payload, own.opening)).toBe('signed');
    expect(await outcome(aggregator, 'statements', own.payload)).toBe('opening_missing');
    expect(await outcome(aggregator, 'statements', foreign.payload, foreign.opening)).toBe('foreign_party');
    expect(await outcome(aggregator, 'statements', contract('aggregator-1', 'aggregator-1').payload)).toBe('signed');
  });

  it('is signed for another speaker when a registration names this party', async () => {
    const [key] = aggregator.keys();
    if (!key) throw new Error('the signer has a key');
    const registered = (party: string) =>
      prepared({
        type: 'party.registered',
        by: 'registry',
        body: { party, role: 'aggregator', operator: null, keys: [key], registrar: 'registry' },
      }).payload;
    expect(await outcome(aggregator, 'statements', registered('aggregator-1'))).toBe('signed');
    expect(await outcome(aggregator, 'statements', registered('aggregator-2'))).toBe('foreign_party');
  });
});
