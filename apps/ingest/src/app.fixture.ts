import { mkdtemp } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { createServer as createHttpServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseConfig } from '@gridpact/platform/config';
import { passwordFrom, redisUrl, type FreshDatabase, type Stack } from '@gridpact/testing';
import { SignJWT, exportJWK, generateKeyPair } from 'jose';
import { ingestEnv, type IngestConfig } from './config.js';

const TOKEN_S = 300;

/** An issuer with a real key. */
export interface Issuer {
  readonly url: string;
  /** An access token. */
  token(party: string, role: string): Promise<string>;
  close(): Promise<void>;
}

/** Starts an issuer that gives a token to whoever asks. */
export async function startIssuer(): Promise<Issuer> {
  const { publicKey, privateKey } = await generateKeyPair('EdDSA', { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid: 'issuer', alg: 'EdDSA', use: 'sig' };
  let url = '';
  const server = createHttpServer((request, response) => {
    const found = { issuer: url, jwks_uri: `${url}/jwks`, token_endpoint: `${url}/token` };
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(request.url === '/jwks' ? { keys: [jwk] } : found));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const token = (party: string, role: string): Promise<string> => {
    const claims = new SignJWT({ party, roles: [role] }).setProtectedHeader({ alg: 'EdDSA', kid: 'issuer' });
    const dated = claims.setIssuedAt().setExpirationTime(`${TOKEN_S}s`);
    return dated.setIssuer(url).setSubject(party).setAudience('gridpact').sign(privateKey);
  };
  return { url, token, close: () => closed(server) };
}

/** Configuration of an ingest on the test services. */
export async function configurationOf(stack: Stack, database: FreshDatabase, issuer: string): Promise<IngestConfig> {
  return parseConfig(ingestEnv, {
    GRIDPACT_ENVIRONMENT: 'sandbox',
    GRIDPACT_SERVICE: 'ingest',
    GRIDPACT_STATE_DIR: await mkdtemp(join(tmpdir(), 'ingest-')),
    GRIDPACT_HTTP_PORT: String(await freePort()),
    GRIDPACT_DATABASE_URL: database.url,
    GRIDPACT_KAFKA_BROKERS: stack.kafka.brokers,
    GRIDPACT_KAFKA_USERNAME: 'ingest',
    GRIDPACT_KAFKA_PASSWORD: passwordFrom(stack.kafka.users, 'ingest'),
    GRIDPACT_REDIS_URL: redisUrl(stack, 'ingest'),
    GRIDPACT_MQTT_URL: stack.mqtt.url,
    GRIDPACT_MQTT_USERNAME: 'ingest',
    GRIDPACT_MQTT_PASSWORD: passwordFrom(stack.mqtt.users, 'ingest'),
    GRIDPACT_ISSUER: issuer,
    GRIDPACT_CLIENT_ID: 'ingest',
    GRIDPACT_CLIENT_SECRET: 'secret',
  });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
