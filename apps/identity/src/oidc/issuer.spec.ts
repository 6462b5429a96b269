import { generateKeyPairSync } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SignJWT, createRemoteJWKSet, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type Assertions, adapterFactory } from './adapter.js';
import type { OauthClient } from './client.js';
import { secretDigest } from './client-secret.js';
import { ACCESS_TOKEN_SECONDS, createIssuer } from './issuer.js';
import { loadSigningKey } from './signing-key.js';

const SECRET = 'k'.repeat(43);
const phone = generateKeyPairSync('ed25519');
const phoneJwk = phone.publicKey.export({ format: 'jwk' }) as Record<string, string>;
const clients: OauthClient[] = [
  {
    id: 'ledger',
    party: 'ledger',
    roles: ['service'],
    proof: { kind: 'secret', secretSha256: secretDigest(SECRET) },
  },
  { id: 'user-1', party: 'user-1', roles: ['user'], proof: { kind: 'key', alg: 'EdDSA', jwk: phoneJwk } },
];

let server: Server;
let url: string;
let stateDir: string;

beforeAll(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'issuer-'));
  server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const find = async (id: string) => clients.find((client) => client.id === id);
  const adapter = adapterFactory({ find }, spentInMemory());
  const answer = createIssuer({ url, signingKey: await loadSigningKey(stateDir), adapter }).callback();
  server.on('request', (request, response) => void answer(request, response));
});

afterAll(() => server.close());

describe('a client with a secret', () => {
  it('gets a token that says its party and roles and verifies against the published keys', async () => {
    const answer = await tokenBySecret(SECRET);
    const { access_token, expires_in, token_type } = tokenOf(await answer.json());
    expect([answer.status, expires_in, token_type]).toEqual([200, ACCESS_TOKEN_SECONDS, 'Bearer']);
    const discovered = await fetch(`${url}/.well-known/openid-configuration`);
    const { issuer, jwks_uri } = z.object({ issuer: z.url(), jwks_uri: z.url() }).parse(await discovered.json());
    expect(issuer).toBe(url);
    const keys = createRemoteJWKSet(new URL(jwks_uri));
    const { payload } = await jwtVerify(access_token, keys, { issuer: url, audience: 'gridpact' });
    expect(payload).toMatchObject({ sub: 'ledger', party: 'ledger', roles: ['service'] });
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(ACCESS_TOKEN_SECONDS);
  });

  it('is refused in the form of RFC 6749 when the secret is wrong, or is the stored hash', async () => {
    for (const wrong of ['w'.repeat(43), secretDigest(SECRET)]) {
      const answer = await tokenBySecret(wrong);
      expect(answer.status).toBe(401);
      expect(await answer.json()).toMatchObject({ error: 'invalid_client' });
      expect(answer.headers.get('www-authenticate')).toContain('Basic');
    }
  });

  it('may name the resource that it would get anyway, and no other grant', async () => {
    const named = await tokenBySecret(SECRET, { resource: 'urn:gridpact:api' });
    expect(named.status).toBe(200);
    const foreign = await tokenBySecret(SECRET, { resource: 'https://elsewhere.example' });
    expect(await foreign.json()).toMatchObject({ error: 'invalid_target' });
    const password = await tokenBySecret(SECRET, { grant_type: 'password' });
    expect(await password.json()).toMatchObject({ error: 'unsupported_grant_type' });
  });
});

describe('a phone with a registered key', () => {
  it('gets a token for its party by a signed assertion', async () => {
    const answer = await tokenByAssertion(await assertion('once'));
    const { payload } = await jwtVerify(
      tokenOf(await answer.json()).access_token,
      createRemoteJWKSet(new URL(`${url}/oidc/jwks`)),
    );
    expect(payload).toMatchObject({ sub: 'user-1', party: 'user-1', roles: ['user'], aud: 'gridpact' });
  });

  it('cannot use an assertion twice, not even at the same time', async () => {
    const twice = await assertion('twice');
    const answers = await Promise.all([tokenByAssertion(twice), tokenByAssertion(twice)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401]);
    expect((await tokenByAssertion(twice)).status).toBe(401);
  });

  it('is refused with an expired assertion, and with one that another key signed', async () => {
    const expired = await tokenByAssertion(await assertion('old', { expiresAt: '-1m' }));
    const foreign = generateKeyPairSync('ed25519').privateKey;
    const forged = await tokenByAssertion(await assertion('forged', { key: foreign }));
    expect([expired.status, forged.status]).toEqual([401, 401]);
    expect(await expired.json()).toMatchObject({ error: 'invalid_client' });
  });
});

describe('the signing key', () => {
  it('stays the same over restarts and is readable by its owner only', async () => {
    expect((await loadSigningKey(stateDir)).kid).toBe((await loadSigningKey(stateDir)).kid);
    const { mode } = await stat(join(stateDir, 'issuer-signing-key.pem'));
    expect(mode & 0o777).toBe(0o600);
  });

  it('is one key when two instances start on one empty folder', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'issuer-'));
    const [one, other] = await Promise.all([loadSigningKey(folder), loadSigningKey(folder)]);
    expect(one.kid).toBe(other.kid);
  });
});

function tokenOf(body: unknown) {
  return z.object({ access_token: z.string(), expires_in: z.int(), token_type: z.string() }).parse(body);
}

function tokenBySecret(secret: string, extra: Record<string, string> = {}): Promise<Response> {
  const authorization = `Basic ${Buffer.from(`ledger:${secret}`).toString('base64')}`;
  return fetch(`${url}/oidc/token`, {
    method: 'POST',
    headers: { authorization },
    body: new URLSearchParams({ grant_type: 'client_credentials', ...extra }),
  });
}

function tokenByAssertion(client_assertion: string): Promise<Response> {
  return fetch(`${url}/oidc/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion,
    }),
  });
}

function assertion(jti: string, { key = phone.privateKey, expiresAt = '1m' } = {}): Promise<string> {
  return new SignJWT({})
    .setProtectedHeader({ alg: 'EdDSA' })
    .setIssuer('user-1')
    .setSubject('user-1')
    .setAudience(url)
    .setJti(jti)
    .setIssuedAt()
    .setExpirationTime(expiresAt)
    .sign(key);
}

function spentInMemory(): Assertions {
  const spent = new Set<string>();
  return {
    isSpent: async (id) => spent.has(id),
    spend: async (id) => {
      const first = !spent.has(id);
      spent.add(id);
      return first;
    },
  };
}
