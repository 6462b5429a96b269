import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { join } from 'node:path';
import { required } from '@gridpact/kernel';
import { type NoteSigner, ed25519NoteSigner, ed25519PrivateKey, fromBase64Url } from '@gridpact/tlog';
import { readOrCreate } from '../durable-file.js';

/**
 * The key that signs checkpoints (signed-note type 0x01), from `<stateDir>/log-key.pem` (PKCS#8, 0600); made at the first
 * start. Its name is the log's origin, as tlog-checkpoint asks.
 */
export async function readLogKey(stateDir: string, origin: string): Promise<NoteSigner> {
  const pem = await readOrCreate(join(stateDir, 'log-key.pem'), newKey);
  const { d } = createPrivateKey(pem).export({ format: 'jwk' });
  return ed25519NoteSigner(origin, ed25519PrivateKey(fromBase64Url(required(d, 'private member of the log key'))));
}

function newKey(): string {
  return generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}
