import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ed25519Signer, type KeySigner } from '@gridpact/statement';
import type { KeyUse } from './signing-rules.js';

const OWNER_ONLY = 0o600;
const OTHERS = 0o077;
const TOKEN_BYTES = 32;

/** The keys of a party by use, from `<use>.key.pem` (PKCS#8); each is made on the first run. Throws when one is unfit. */
export function openPartyKeys(folder: string, uses: readonly KeyUse[]): ReadonlyMap<KeyUse, KeySigner> {
  return new Map(uses.map((use) => [use, ed25519Signer(secretIn(join(folder, `${use}.key.pem`), newKeyPem))]));
}

/** The bearer token of `signer.token`, made on the first run. */
export function openToken(folder: string): string {
  const token = secretIn(
    join(folder, 'signer.token'),
    () => `${randomBytes(TOKEN_BYTES).toString('base64url')}\n`,
  ).trim();
  if (token === '') throw new Error(`${join(folder, 'signer.token')} is empty; remove it and start again`);
  return token;
}

/** Text of a file that only its owner may read; made when missing, never replaced. */
function secretIn(path: string, make: () => string): string {
  if (!existsSync(path)) writeFileSync(path, make(), { flag: 'wx', mode: OWNER_ONLY });
  if ((statSync(path).mode & OTHERS) !== 0) throw new Error(`others may read ${path}; run chmod 600 on it`);
  return readFileSync(path, 'utf8');
}

function newKeyPem(): string {
  return generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
}
