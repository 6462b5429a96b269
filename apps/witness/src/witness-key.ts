import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { ed25519Cosigner, ed25519PrivateKey, formatVkey, fromBase64Url, type Cosigner } from '@gridpact/tlog';

const OWNER_ONLY = 0o600;
const OTHERS = 0o077;

/**
 * The witness's cosigner, from its PKCS#8 key file; both key and verifier key file are made on the first run. Throws when
 * others may read the key, when it is no Ed25519 key, or when the verifier key beside it is of another key or name.
 */
export function openWitnessKey(paths: { readonly key: string; readonly vkey: string }, name: string): Cosigner {
  if (!existsSync(paths.key)) writeFileSync(paths.key, newKeyPem(), { flag: 'wx', mode: OWNER_ONLY });
  if ((statSync(paths.key).mode & OTHERS) !== 0) throw new Error(`others may read ${paths.key}; run chmod 600 on it`);
  const cosigner = ed25519Cosigner(
    name,
    ed25519PrivateKey(seedOf(createPrivateKey(readFileSync(paths.key)), paths.key)),
  );
  const vkey = `${formatVkey(cosigner.vkey)}\n`;
  if (!existsSync(paths.vkey)) writeFileSync(paths.vkey, vkey);
  if (readFileSync(paths.vkey, 'utf8') !== vkey) {
    throw new Error(`${paths.vkey} is of another key or name; policies name that one, so give this one another folder`);
  }
  return cosigner;
}

function newKeyPem(): string {
  return generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
}

function seedOf(key: KeyObject, path: string): Uint8Array {
  const { d } = key.export({ format: 'jwk' });
  if (key.asymmetricKeyType !== 'ed25519' || d === undefined) throw new Error(`${path} is not an Ed25519 key`);
  return fromBase64Url(d);
}
