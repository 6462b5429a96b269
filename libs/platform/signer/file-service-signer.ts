import { generateKeyPairSync } from 'node:crypto';
import { link, mkdir, open, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ed25519Signer, type KeySigner } from '@gridpact/statement';

const PRIVATE_FILE_MODE = 0o600;
const PRIVATE_FOLDER_MODE = 0o700;

/**
 * The Ed25519 key of a service itself, from `<stateDir>/service-key.pem` (PKCS#8, mode 0600); made at the first start. Two
 * processes that start at once end with the same key: the file is linked into place whole, and only where none stands.
 */
export async function fileServiceSigner(stateDir: string, service: string): Promise<KeySigner> {
  const path = join(stateDir, 'service-key.pem');
  const pem = (await readIfPresent(path)) ?? (await createKey(path, service));
  return ed25519Signer(pem);
}

async function createKey(path: string, service: string): Promise<string> {
  await mkdir(dirname(path), { recursive: true, mode: PRIVATE_FOLDER_MODE });
  const draft = `${path}.${service}.${process.pid}`;
  const { privateKey } = generateKeyPairSync('ed25519');
  await writeSynced(draft, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
  try {
    await link(draft, path);
  } catch (error) {
    if (!isCode(error, 'EEXIST')) throw error;
  } finally {
    await rm(draft);
  }
  return readFile(path, 'utf8');
}

async function writeSynced(path: string, text: string): Promise<void> {
  const file = await open(path, 'w', PRIVATE_FILE_MODE);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function readIfPresent(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
