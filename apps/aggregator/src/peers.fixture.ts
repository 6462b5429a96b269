import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { instantOf } from '@gridpact/kernel';
import { examplePack } from '@gridpact/program';
import {
  type KeySigner,
  type PartyKey,
  type Statement,
  ed25519Signer,
  prepare,
  publicKeyOf,
  signStatement,
} from '@gridpact/statement';
import { SignJWT, exportJWK, generateKeyPair } from 'jose';

const calendar = { name: 'none', holidays: [], workdays: [] };

/** The services that the aggregator calls, as far as it calls them: issuer, identity, ledger, and the tenants' signers. */
export interface ExamplePeers {
  readonly url: string;
  /** Leaf hash of the one published program, `program-1`. */
  readonly programStatement: string;
  /** Registers a key, as the ledger would tell it. */
  register(party: string, signer: KeySigner): void;
  token(party: string, role: 'aggregator' | 'user'): Promise<string>;
  close(): void;
}

/** A fresh Ed25519 key. */
export function freshSigner(): KeySigner {
  const { privateKey } = generateKeyPairSync('ed25519');
  return ed25519Signer(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
}

/** Starts the peers on a free port; every tenant's signer is the same key under `/signer`. */
export async function startPeers(): Promise<ExamplePeers> {
  const issuer = await generateKeyPair('EdDSA');
  const jwk = { ...(await exportJWK(issuer.publicKey)), kid: 'test', alg: 'EdDSA', use: 'sig' };
  const keys: (PartyKey & { party: string; role: string; untilIndex: null })[] = [];
  const signer = freshSigner();
  const program = await publishedProgram();
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${portOf(server)}`;
  const register = (party: string, by: KeySigner): void => {
    keys.push({ ...publicKeyOf(by, 'device'), jwk: { ...by.jwk }, party, role: 'user', untilIndex: null });
  };
  const token = (party: string, role: string): Promise<string> =>
    new SignJWT({ party, roles: [role] })
      .setProtectedHeader({ alg: 'EdDSA', kid: 'test' })
      .setIssuer(url)
      .setSubject(party)
      .setAudience('gridpact')
      .setExpirationTime('5m')
      .sign(issuer.privateKey);
  const routes: Record<string, (body: string, subject: string | null) => unknown> = {
    '/.well-known/openid-configuration': () => ({
      issuer: url,
      jwks_uri: `${url}/jwks`,
      token_endpoint: `${url}/token`,
    }),
    '/jwks': () => ({ keys: [jwk] }),
    '/token': async () => ({ access_token: await token('aggregator', 'service'), expires_in: 300 }),
    '/v1/enrolment-codes': () => ({ code: randomUUID(), expiresAt: '2018-08-01T00:00:00.000Z' }),
    '/v1/keys': () => ({ keys }),
    '/v1/statements': (_, subject) => ({ statements: subject === 'program-1' ? [sealed(program)] : [], cursor: null }),
    '/signer/v1/keys': () => [publicKeyOf(signer, 'statements')],
    '/signer/v1/signatures': (body) => signatureOf(signer, body),
  };
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname, searchParams } = new URL(request.url ?? '/', url);
    const route = routes[pathname];
    const page = await route?.(await textOf(request), searchParams.get('subject'));
    response.writeHead(route ? 200 : 404, { 'content-type': 'application/json' }).end(JSON.stringify(page ?? {}));
  };
  return { url, programStatement: program.leafHash, register, token, close: () => server.close() };
}

async function publishedProgram(): Promise<Statement> {
  const body = { program: 'program-1', rulePack: examplePack(calendar), bundleSha256: 'b'.repeat(64) };
  const said = { at: instantOf('2018-07-01T00:00:00.000Z'), by: 'power-company', subject: 'program-1', parents: [] };
  return signStatement(prepare({ type: 'program.published', ...said, body }), [freshSigner()]);
}

function sealed({ leafHash, entry }: Statement): object {
  const text = Buffer.from(entry).toString('base64');
  return { statement: leafHash, index: 1, type: 'program.published', subject: 'program-1', entry: text };
}

async function signatureOf(signer: KeySigner, body: string): Promise<object> {
  const { signingInput } = JSON.parse(body) as { signingInput: string };
  const signature = await signer.sign(Buffer.from(signingInput, 'base64url'));
  return { kid: signer.kid, signature: Buffer.from(signature).toString('base64url') };
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}
