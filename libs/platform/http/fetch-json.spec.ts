import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { isTransient } from '../kafka/failure.js';
import { fetchJson, ProblemError } from './index.js';

let server: Server;
let url: string;
let asked: { method: string | undefined; headers: IncomingHttpHeaders }[];
let answer: (response: ServerResponse) => void;

beforeEach(async () => {
  asked = [];
  answer = (response) => response.end('{"n":1}');
  server = createServer((request, response) => {
    asked.push({ method: request.method, headers: request.headers });
    answer(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/thing`;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

describe('asking a peer', () => {
  it('gives what the schema reads', async () => {
    expect(await fetchJson(url, { schema: z.object({ n: z.number() }) })).toEqual({ n: 1 });
    expect(asked[0]).toMatchObject({ method: 'GET', headers: { accept: 'application/json' } });
  });

  it('sends a body as JSON with token and key', async () => {
    await fetchJson(url, { body: { a: 1 }, token: 'abc', idempotencyKey: 'k-1' });
    expect(asked[0]).toMatchObject({
      method: 'POST',
      headers: { authorization: 'Bearer abc', 'content-type': 'application/json', 'idempotency-key': 'k-1' },
    });
  });

  it("throws the peer's own code", async () => {
    answer = (response) => response.writeHead(409).end('{"code":"gate_closed","detail":"too late","status":409}');
    await expect(fetchJson(url)).rejects.toMatchObject({ status: 409, code: 'gate_closed', detail: 'too late' });
  });

  it('throws by status when the peer says nothing readable', async () => {
    answer = (response) => response.writeHead(502).end('<html>');
    const failure: unknown = await fetchJson(url).catch((error: unknown) => error);
    expect(failure).toMatchObject({ status: 502, code: 'http_502' });
    expect(isTransient(failure)).toBe(true);
  });

  it('refuses an answer that is no JSON or not of its schema', async () => {
    answer = (response) => response.end('hello');
    await expect(fetchJson(url)).rejects.toThrow(ProblemError);
    answer = (response) => response.end('{"n":"one"}');
    await expect(fetchJson(url, { schema: z.object({ n: z.number() }) })).rejects.toThrow(z.ZodError);
  });

  it('gives nothing for an empty answer', async () => {
    answer = (response) => response.writeHead(204).end();
    expect(await fetchJson(url)).toBeUndefined();
  });

  it('stops waiting in time', async () => {
    answer = () => undefined;
    const failure: unknown = await fetchJson(url, { timeoutMs: 50 }).catch((error: unknown) => error);
    expect(failure).toMatchObject({ name: 'TimeoutError' });
    expect(isTransient(failure)).toBe(true);
  });

  it('calls a peer that is away transient', async () => {
    server.close();
    const failure: unknown = await fetchJson(url).catch((error: unknown) => error);
    expect(isTransient(failure)).toBe(true);
  });
});
