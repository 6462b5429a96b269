import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { KeyRing, type KeySigner } from '@gridpact/statement';
import { decodeJwt, exportJWK, generateKeyPair, SignJWT } from 'jose';
import { POLICY } from './log.fixture.js';
import { KEYS, type Town } from './town.fixture.js';

const TOKEN_S = 300;
const SIGNERS: Readonly<Record<string, Readonly<Record<string, KeySigner>>>> = {
  'power-company': { operator: KEYS.operator, approver: KEYS.approver },
  'aggregator-1': { statements: KEYS['aggregator-1'] },
  'aggregator-2': { statements: KEYS['aggregator-2'] },
};

/** Issuer, ledger, ingest and (under `/signer/<party>`) the signers in one small server, with real keys. */
export interface Peers {
  readonly url: string;
  /** Town that ledger and ingest speak of. */
  town: Town;
  token(party: string, role: string): Promise<string>;
  close(): Promise<void>;
}

interface Asked {
  readonly url: URL;
  readonly request: IncomingMessage;
  readonly reader: { party: string; roles: readonly string[] };
}

/** Starts the peers of a town. */
export async function startPeers(first: Town): Promise<Peers> {
  const { publicKey, privateKey } = await generateKeyPair('EdDSA', { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid: 'issuer', alg: 'EdDSA', use: 'sig' };
  const token = (party: string, role: string) =>
    new SignJWT({ party, roles: [role] })
      .setProtectedHeader({ alg: 'EdDSA', kid: 'issuer' })
      .setIssuer(peers.url)
      .setSubject(party)
      .setAudience('gridpact')
      .setIssuedAt()
      .setExpirationTime(`${TOKEN_S}s`)
      .sign(privateKey);
  const issuer = async (path: string): Promise<object | undefined> => {
    const { url } = peers;
    if (path === '/.well-known/openid-configuration')
      return { issuer: url, jwks_uri: `${url}/jwks`, token_endpoint: `${url}/token` };
    if (path === '/jwks') return { keys: [jwk] };
    if (path === '/token') return { access_token: await token('settlement', 'service'), expires_in: TOKEN_S };
    return undefined;
  };
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://peers');
    const asked = { url, request, reader: readerOf(request) };
    void Promise.resolve(issuer(url.pathname))
      .then((found) => found ?? answer(peers.town, asked))
      .then((body) => {
        const text = typeof body === 'string' ? body : JSON.stringify(body ?? {});
        response.writeHead(body === undefined ? 404 : 200, { 'content-type': 'application/json' });
        response.end(text);
      });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const peers: Peers = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    town: first,
    token,
    close: () => closed(server),
  };
  return peers;
}

async function answer(town: Town, asked: Asked): Promise<object | string | undefined> {
  const { pathname } = asked.url;
  const [, version, resource = '', name = ''] = pathname.split('/');
  if (version === 'signer') return signerAnswer(asked);
  switch (resource) {
    case 'policy':
      return POLICY;
    case 'keys':
      return { keys: ringOf(town).keys() };
    case 'series':
      return seriesOf(town, asked.url.searchParams.get('meter') ?? '');
    case 'receipts': {
      const entry = town.log.find(name);
      return entry && town.log.receipt(entry);
    }
    case 'statements':
      return name === '' ? listing(town, asked) : viewOf(town, name, asked);
    default:
      return undefined;
  }
}

/** Two statements a page, so that paging is walked. */
function listing(town: Town, { url, reader }: Asked): object {
  const [subject, type] = [url.searchParams.get('subject'), url.searchParams.get('type')];
  const after = Number(url.searchParams.get('cursor') ?? -1);
  const found = town.log.entries.filter(({ statement, index }) => {
    const { envelope } = statement;
    return (
      index > after && (subject ?? envelope.subject) === envelope.subject && (type ?? envelope.type) === envelope.type
    );
  });
  const page = found.slice(0, 2);
  const cursor = found.length > 2 ? String(page.at(-1)?.index) : null;
  return { statements: page.map((entry) => town.log.view(entry, reader)), cursor };
}

function viewOf(town: Town, leaf: string, { reader }: Asked): object | undefined {
  const entry = town.log.find(leaf);
  return entry && town.log.view(entry, reader);
}

function seriesOf(town: Town, meter: string): string {
  const lines = (town.parts.get(meter) ?? []).map(({ meter: _meter, ...part }) => {
    const sealed = town.commitments.find(({ statement }) => statement === part.statement);
    return `${JSON.stringify({ ...part, kind: sealed?.kind, event: sealed?.event, corrects: sealed?.corrects })}\n`;
  });
  return lines.join('');
}

function ringOf({ log }: Town): KeyRing {
  const ring = new KeyRing();
  for (const { statement, index } of log.entries) ring.learn(statement, index);
  return ring;
}

async function signerAnswer({ url, request }: Asked): Promise<object | undefined> {
  const [, , party = '', , resource] = url.pathname.split('/');
  const keys = SIGNERS[party] ?? {};
  if (resource === 'keys') return Object.entries(keys).map(([use, { kid, suite, jwk }]) => ({ use, kid, suite, jwk }));
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const { use, signingInput } = JSON.parse(Buffer.concat(chunks).toString()) as { use: string; signingInput: string };
  const signer = keys[use];
  if (!signer) return undefined;
  const signature = await signer.sign(new Uint8Array(Buffer.from(signingInput, 'base64url')));
  return { kid: signer.kid, signature: Buffer.from(signature).toString('base64url') };
}

function readerOf({ headers }: IncomingMessage): { party: string; roles: readonly string[] } {
  const bearer = (headers.authorization ?? '').replace(/^Bearer /, '');
  if (bearer.split('.').length !== 3) return { party: 'settlement', roles: ['service'] };
  const { party, roles } = decodeJwt<{ party?: string; roles?: string[] }>(bearer);
  return { party: party ?? '', roles: roles ?? [] };
}

function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
