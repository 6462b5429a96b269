import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { createOrRead } from '../private-file.js';

const KEY_BYTES = 32;

/** Key of the code digests, from the service's own folder; created on first run. */
export async function loadCodeKey(stateDir: string): Promise<Uint8Array> {
  const text = await createOrRead(join(stateDir, 'enrolment-code-key'), () => randomBytes(KEY_BYTES).toString('hex'));
  const key = Buffer.from(text.trim(), 'hex');
  if (key.length !== KEY_BYTES) throw new Error(`enrolment-code-key does not hold ${KEY_BYTES} bytes in hex`);
  return key;
}
