import { createPrivateKey } from 'node:crypto';
import { type KeySigner, ed25519Signer } from '@gridpact/statement';
import type { PhoneFolder } from './phone-folder.js';

/** Bytes from a generator that nobody can guess; the simulator may pass a seeded one to play the same city twice. */
export type RandomBytes = (count: number) => Uint8Array;

/** A PKCS#8 wrapping of an Ed25519 seed (RFC 8410 section 7): this prefix and 32 bytes. */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');
const SEED_BYTES = 32;
const KEY_FILE = 'device-key.pem';

/** A phone's key: signs statements, and assertions at the issuer. It never leaves the folder. */
export interface DeviceKey {
  readonly signer: KeySigner;
  /** PKCS#8 PEM. */
  readonly pem: string;
}

/** The folder's key; made on first use. */
export async function loadDeviceKey(folder: PhoneFolder, random: RandomBytes): Promise<DeviceKey> {
  const kept = await folder.read(KEY_FILE);
  const pem = kept ?? newKey(random);
  if (kept === undefined) await folder.write(KEY_FILE, pem);
  return { pem, signer: ed25519Signer(pem) };
}

function newKey(random: RandomBytes): string {
  const der = Buffer.concat([PKCS8_PREFIX, random(SEED_BYTES)]);
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
    .export({ format: 'pem', type: 'pkcs8' })
    .toString();
}
