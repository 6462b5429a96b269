import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type JWK, calculateJwkThumbprint } from 'jose';

const KEY_FILE = 'issuer-signing-key.pem';

/**
 * The private key that signs tokens, as a JWK for the provider. Created on first run; instances that share the folder
 * share the key, whoever comes first.
 */
export async function loadSigningKey(stateDir: string): Promise<JWK> {
  const file = join(stateDir, KEY_FILE);
  const pem = (await readIfThere(file)) ?? (await createKey(file));
  const jwk: JWK = createPrivateKey(pem).export({ format: 'jwk' });
  return { ...jwk, kid: await calculateJwkThumbprint(jwk), alg: 'EdDSA', use: 'sig' };
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Linking fails when another instance was faster, and never leaves half a key behind. */
async function createKey(file: string): Promise<string> {
  await mkdir(join(file, '..'), { recursive: true, mode: 0o700 });
  const { privateKey } = generateKeyPairSync('ed25519');
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, privateKey.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600 });
  try {
    await link(draft, file);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  } finally {
    await rm(draft, { force: true });
  }
  return readFile(file, 'utf8');
}
