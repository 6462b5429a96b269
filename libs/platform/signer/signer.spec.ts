import { createServer, type Server } from 'node:http';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { verifyWith, type KeySigner } from '@gridpact/statement';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fileServiceSigner, remoteSigner } from './index.js';

const message = new TextEncoder().encode('header.payload');
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gridpact-signer-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe("a service's own key", () => {
  it('is made at the first start and is the same at the next', async () => {
    const first = await fileServiceSigner(folder, 'ledger');
    const second = await fileServiceSigner(folder, 'ledger');

    expect(second.kid).toBe(first.kid);
    expect(verifyWith(first, message, await second.sign(message))).toBe(true);
  });

  it('is readable by its process alone, and leaves no draft', async () => {
    await fileServiceSigner(folder, 'ledger');

    expect((await stat(join(folder, 'service-key.pem'))).mode & 0o777).toBe(0o600);
    expect(await readdir(folder)).toEqual(['service-key.pem']);
  });

  it('is one key even when two starts race', async () => {
    const signers = await Promise.all(
      ['a', 'b', 'c'].map((service) => fileServiceSigner(join(folder, 'new'), service)),
    );
    expect(new Set(signers.map(({ kid }) => kid)).size).toBe(1);
  });
});

describe("a party's signer", () => {
  let server: Server;
  let held: KeySigner;
  beforeEach(async () => {
    held = await fileServiceSigner(folder, 'party');
    server = await startSigner(held);
  });
  afterEach(() => void server.close());

  it('signs with a key that never leaves it', async () => {
    const signer = await remoteSigner({ url: urlOf(server), token: 'right', key: 'operator' });

    expect(signer.kid).toBe(held.kid);
    expect(verifyWith(signer, message, await signer.sign(message))).toBe(true);
  });

  it('is asked in vain for a key that its party does not have', async () => {
    const asking = remoteSigner({ url: urlOf(server), token: 'right', key: 'approver' });
    await expect(asking).rejects.toThrow('no key for approver');
  });

  it('refuses whoever lacks its token', async () => {
    await expect(remoteSigner({ url: urlOf(server), token: 'wrong', key: 'operator' })).rejects.toMatchObject({
      status: 401,
      code: 'unauthenticated',
    });
  });
});

function startSigner(held: KeySigner): Promise<Server> {
  const server = createServer((request, response) => {
    const isAdmitted = request.headers.authorization === 'Bearer right';
    const asked = request.method === 'POST' ? json(request) : Promise.resolve(undefined);
    const answered = isAdmitted ? asked.then(answer) : Promise.resolve({ code: 'unauthenticated' });
    void answered.then((body) => response.writeHead(isAdmitted ? 200 : 401).end(JSON.stringify(body)));
  });
  const answer = async (asked: unknown): Promise<object> => {
    if (!asked) return [{ use: 'operator', kid: held.kid, suite: held.suite, jwk: held.jwk }];
    const { signingInput } = asked as { signingInput: string };
    const signature = await held.sign(Buffer.from(signingInput, 'base64url'));
    return { kid: held.kid, signature: Buffer.from(signature).toString('base64url') };
  };
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

function urlOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
