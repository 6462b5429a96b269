import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ed25519Signer, publicKeyOf, type KeySigner } from '@gridpact/statement';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey } from 'jose';

const key = (fill: number): KeySigner => {
  return ed25519Signer({ kty: 'OKP', crv: 'Ed25519', d: Buffer.alloc(32, fill).toString('base64url') });
};

const STAFF: Readonly<Record<string, KeySigner>> = { operator: key(1), approver: key(2) };
const TOKEN_S = 300;

/** Issuer, ledger and (under `/signer`) the power company's signer in one small server, with real keys and signatures. */
export interface Peers {
  readonly url: string;
  /** An access token of the issuer. */
  token(party: string, role: string): Promise<string>;
  close(): Promise<void>;
}

/** Starts the peers; the ledger knows the key of the given aggregator. */
export async function startPeers(aggregator: string, signer: KeySigner): Promise<Peers> {
  const { publicKey, privateKey } = await generateKeyPair('EdDSA', { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid: 'issuer', alg: 'EdDSA', use: 'sig' };
  const party = { ...publicKeyOf(signer, 'statements'), party: aggregator, role: 'aggregator', untilIndex: null };
  let url = '';
  const server = createServer((request, response) => {
    void answer(request, url, { jwks: { keys: [jwk] }, keys: { keys: [party] } }, privateKey).then((body) => {
      response.writeHead(body === undefined ? 404 : 200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body ?? {}));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, token: (of, role) => tokenFor(privateKey, url, of, role), close: () => closed(server) };
}

async function answer(
  request: IncomingMessage,
  url: string,
  known: { readonly jwks: object; readonly keys: object },
  privateKey: CryptoKey,
): Promise<object | undefined> {
  const path = request.url ?? '';
  if (path === '/.well-known/openid-configuration') {
    return { issuer: url, jwks_uri: `${url}/jwks`, token_endpoint: `${url}/token` };
  }
  if (path === '/jwks') return known.jwks;
  if (path === '/token') {
    return { access_token: await tokenFor(privateKey, url, 'dispatcher', 'service'), expires_in: TOKEN_S };
  }
  if (path === '/v1/keys') return known.keys;
  return signerAnswer(path, request);
}

async function signerAnswer(path: string, request: IncomingMessage): Promise<object | undefined> {
  if (path === '/signer/v1/keys')
    return Object.entries(STAFF).map(([use, { kid, suite, jwk }]) => ({ use, kid, suite, jwk }));
  if (path !== '/signer/v1/signatures') return undefined;
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const { use, signingInput } = JSON.parse(Buffer.concat(chunks).toString()) as { use: string; signingInput: string };
  const signer = STAFF[use];
  if (!signer) return undefined;
  const signature = await signer.sign(Buffer.from(signingInput, 'base64url'));
  return { kid: signer.kid, signature: Buffer.from(signature).toString('base64url') };
}

function tokenFor(privateKey: CryptoKey, issuer: string, party: string, role: string): Promise<string> {
  return new SignJWT({ party, roles: [role] })
    .setProtectedHeader({ alg: 'EdDSA', kid: 'issuer' })
    .setIssuer(issuer)
    .setSubject(party)
    .setAudience('gridpact')
    .setIssuedAt()
    .setExpirationTime(`${TOKEN_S}s`)
    .sign(privateKey);
}

function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
