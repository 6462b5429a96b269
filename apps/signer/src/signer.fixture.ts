import { mkdtemp } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { instantOf, machineInstant } from '@gridpact/kernel';
import { canonicalBytes, prepare, type Draft, type Opening, type StatementType } from '@gridpact/statement';
import { toBase64Url, utf8 } from '@gridpact/tlog';
import { openAudit } from './audit.js';
import { openPartyKeys, openToken } from './party-keys.js';
import { signerServer } from './server.js';
import { PartySigner } from './signer.js';
import type { KeyUse } from './signing-rules.js';

export const AT = instantOf('2026-07-15T06:00:00.000Z');
export const NOW = machineInstant(1_790_000_000_000);
export const LEAF = 'ab'.repeat(32);
export const SALT = new Uint8Array(32).fill(7);

export const newFolder = () => mkdtemp(join(tmpdir(), 'gridpact-signer-'));

/** A signer over a folder, listening on a free port. */
export async function serve(folder: string, party: string, uses: readonly KeyUse[], production = false) {
  const keys = openPartyKeys(folder, uses);
  const token = openToken(folder);
  const audit = await openAudit(join(folder, 'signer.audit.jsonl'));
  const signer = new PartySigner({ party, production, keys, audit, now: () => NOW });
  const server = signerServer(signer, token, () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = async () => {
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
    await audit.close();
  };
  return {
    url,
    token,
    close,
    kid: (use: KeyUse) => signer.keys().find((key) => key.use === use)?.kid ?? '',
    keys: () => signer.keys(),
  };
}

/** Base64url of the signing input for a payload under a key's header, some of which may be changed. */
export function signingInput(kid: string, payload: string, header: Readonly<Record<string, string>> = {}): string {
  const written = toBase64Url(canonicalBytes({ alg: 'Ed25519', kid, typ: 'gridpact-statement', ...header }));
  return toBase64Url(utf8(`${written}.${payload}`));
}

/** Payload of a statement, and its opening when its body is sealed. */
export function prepared<T extends StatementType>(draft: Pick<Draft<T>, 'type' | 'by' | 'body'> & Partial<Draft<T>>) {
  return prepare<T>({ at: AT, subject: 'subject-1', parents: [], ...draft });
}

/** Asks a signer; gives status, and the answer's code or signature. */
export async function ask(
  signer: { readonly url: string; readonly token: string },
  body: unknown,
  token = signer.token,
): Promise<{ status: number; type: string; json: Record<string, unknown> }> {
  const response = await fetch(`${signer.url}/v1/signatures`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const json = (await response.json()) as Record<string, unknown>;
  return { status: response.status, type: response.headers.get('content-type') ?? '', json };
}

export type { Opening };
