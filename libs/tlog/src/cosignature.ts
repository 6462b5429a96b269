import { concatBytes, utf8 } from './encoding.js';
import { ED25519_SIGNATURE_BYTES, ed25519PublicKey, type SigningKey } from './ed25519.js';
import { TlogError } from './errors.js';
import { parseCheckpoint } from './checkpoint.js';
import type { NoteSignature, NoteVerifier } from './note.js';
import { ED25519_COSIGNATURE, vkeyOf, type Vkey } from './vkey.js';

const TIMESTAMP_BYTES = 8;

/** Makes cosignatures of one witness. */
export interface Cosigner {
  readonly vkey: Vkey;
  /** Cosigns a checkpoint's note text at a machine time in whole seconds since 1970. */
  cosign(text: string, timestampSeconds: number): Promise<NoteSignature>;
}

/** Cosigner of type 0x04 (tlog-cosignature, Format). Each witness needs a key of its own: the message has no name. */
export function ed25519Cosigner(name: string, key: SigningKey): Cosigner {
  const vkey = vkeyOf(name, ED25519_COSIGNATURE, key.publicKey);
  return {
    vkey,
    cosign: async (text, timestampSeconds) => {
      parseCheckpoint(text);
      const timestamp = timestampBytes(timestampSeconds);
      const signature = await key.sign(cosignedMessage(text, timestampSeconds));
      return { name, keyId: vkey.keyId, signature: concatBytes(timestamp, signature) };
    },
  };
}

/** Verifier of type 0x04. Refuses what is no checkpoint, and timestamps above 2^53 - 1, far in the future. */
export function ed25519CosignatureVerifier(vkey: Vkey): NoteVerifier {
  const key = ed25519PublicKey(vkey.publicKey);
  const verify = (text: string, signature: Uint8Array): boolean => {
    if (signature.length !== TIMESTAMP_BYTES + ED25519_SIGNATURE_BYTES) return false;
    const seconds = cosignatureTimestamp(signature);
    parseCheckpoint(text);
    return (
      Number.isSafeInteger(seconds) && key.verify(cosignedMessage(text, seconds), signature.slice(TIMESTAMP_BYTES))
    );
  };
  return { vkey, verify };
}

/** Machine time of a cosignature, in whole seconds since 1970; rounded, hence never valid, above 2^53 - 1. */
export function cosignatureTimestamp(signature: Uint8Array): number {
  if (signature.length < TIMESTAMP_BYTES) throw new TlogError('bad_encoding', 'a cosignature begins with a timestamp');
  const view = new DataView(signature.buffer, signature.byteOffset, TIMESTAMP_BYTES);
  return Number(view.getBigUint64(0));
}

/** Header line, time line, then the whole note text (tlog-cosignature, Ed25519 signed message). */
function cosignedMessage(text: string, timestampSeconds: number): Uint8Array {
  return utf8(`cosignature/v1\ntime ${timestampSeconds}\n${text}`);
}

function timestampBytes(seconds: number): Uint8Array {
  if (!Number.isSafeInteger(seconds) || seconds <= 0) throw new TlogError('out_of_range', `${seconds} is not a time`);
  const bytes = new Uint8Array(TIMESTAMP_BYTES);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(seconds));
  return bytes;
}
