import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { machineInstant } from '@gridpact/kernel';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConfigError } from '../config/index.js';
import { AccessTokens } from './access-tokens.js';

let server: Server;
let asked: { authorization: string | undefined; body: string }[];
let status: number;
let nowMs: number;

beforeEach(async () => {
  [asked, status, nowMs] = [[], 200, 1_000_000];
  server = createServer((request, response) => {
    void answer(request).then((body) => response.writeHead(status, { 'content-type': 'application/json' }).end(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(() => void server.close());

describe("a service's own token", () => {
  it('is asked for with the client credentials', async () => {
    expect(await tokens().token()).toBe('token-1');
    expect(asked).toEqual([
      {
        authorization: `Basic ${Buffer.from('ledger:s%3Acret').toString('base64')}`,
        body: 'grant_type=client_credentials',
      },
    ]);
  });

  it('is kept until 30 s before it expires', async () => {
    const own = tokens();
    await own.token();
    nowMs += 269_999;
    expect(await own.token()).toBe('token-1');
    nowMs += 1;
    expect(await own.token()).toBe('token-2');
  });

  it('is asked for once by callers that come together', async () => {
    const own = tokens();
    expect(new Set(await Promise.all([own.token(), own.token(), own.token()]))).toEqual(new Set(['token-1']));
    expect(asked).toHaveLength(1);
  });

  it('is asked for again after a refusal', async () => {
    const own = tokens();
    status = 503;
    await expect(own.token()).rejects.toMatchObject({ status: 503, code: 'token_refused' });
    status = 200;
    expect(await own.token()).toBe('token-2');
  });

  it('needs a client', async () => {
    await expect(tokens({}).token()).rejects.toThrow(ConfigError);
  });
});

function tokens(config = { GRIDPACT_CLIENT_ID: 'ledger', GRIDPACT_CLIENT_SECRET: 's:cret' } as object): AccessTokens {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const metadata = () => Promise.resolve({ issuer: url, jwks_uri: `${url}/jwks`, token_endpoint: `${url}/token` });
  return new AccessTokens({ metadata }, config, { now: () => machineInstant(nowMs) });
}

async function answer(request: IncomingMessage): Promise<string> {
  asked.push({ authorization: request.headers.authorization, body: await text(request) });
  return JSON.stringify({ access_token: `token-${asked.length}`, expires_in: 300, token_type: 'Bearer' });
}
