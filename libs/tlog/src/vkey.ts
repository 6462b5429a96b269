import { sha256 } from './crypto.js';
import { concatBytes, fromBase64, fromHex, toBase64, toHex, utf8 } from './encoding.js';
import { TlogError } from './errors.js';

/** Signature type: Ed25519 over the note text (signed-note, Signature types). */
export const ED25519_NOTE = 0x01;

/** Signature type: timestamped Ed25519 checkpoint cosignature (tlog-cosignature). */
export const ED25519_COSIGNATURE = 0x04;

/** Signature type: timestamped ML-DSA-44 cosignature (tlog-cosignature). Known by name; not verified here yet. */
export const ML_DSA_44_COSIGNATURE = 0x06;

/** Types whose key ID is the recommended hash, so that a vkey with another one is a mistake. */
const HASHED_TYPES: ReadonlySet<number> = new Set([ED25519_NOTE, ED25519_COSIGNATURE, ML_DSA_44_COSIGNATURE]);

const KEY_ID_BYTES = 4;

/** A verifier key (signed-note, Verifier keys). The type is an open set: a key of an unknown type still has a name. */
export interface Vkey {
  readonly name: string;
  /** Four bytes as lower-case hex. Name and ID together identify a key. */
  readonly keyId: string;
  readonly type: number;
  readonly publicKey: Uint8Array;
}

/** A vkey with the recommended key ID: SHA-256(name || 0x0A || type || public key)[:4] (signed-note, Signatures). */
export function vkeyOf(name: string, type: number, publicKey: Uint8Array): Vkey {
  const preimage = concatBytes(utf8(`${checkedKeyName(name)}\n`), Uint8Array.of(type), publicKey);
  return { name, keyId: toHex(sha256(preimage).subarray(0, KEY_ID_BYTES)), type, publicKey };
}

/** `<name>+<hex key ID>+<base64(type || public key)>` (signed-note, Verifier keys). */
export function formatVkey(vkey: Vkey): string {
  return `${vkey.name}+${vkey.keyId}+${toBase64(concatBytes(Uint8Array.of(vkey.type), vkey.publicKey))}`;
}

/** Reads a vkey; refuses `bad_key` for another form and for a key ID that is not the key's. */
export function parseVkey(text: string): Vkey {
  const [name = '', keyId = '', material = ''] = splitVkey(text);
  const [bytes, id] = [decoded(() => fromBase64(material)), decoded(() => fromHex(keyId))];
  const type = bytes[0];
  if (type === undefined || bytes.length < 2 || id.length !== KEY_ID_BYTES) throw badKey('is too short');
  const expected = vkeyOf(name, type, bytes.subarray(1));
  if (HASHED_TYPES.has(type) && expected.keyId !== keyId) throw badKey(`of ${name} has a key ID that is not its own`);
  return { ...expected, keyId };
}

/** Passes a key name on; refuses `bad_key` when empty or with spaces, plus signs or control characters. */
export function checkedKeyName(name: string): string {
  if (!isKeyName(name)) throw badKey('has a name that is empty or has a space, a plus or a control character');
  return name;
}

/** True for a key name that signed-note (Format) allows. */
export function isKeyName(name: string): boolean {
  return name.isWellFormed() && /^[^\p{White_Space}\p{Cc}+]+$/u.test(name);
}

/** True when both name one key: same name and same key ID. */
export function isSameKey(a: Pick<Vkey, 'name' | 'keyId'>, b: Pick<Vkey, 'name' | 'keyId'>): boolean {
  return a.name === b.name && a.keyId === b.keyId;
}

/** Base64 may hold plus signs, so only the first two divide. */
function splitVkey(text: string): string[] {
  const first = text.indexOf('+');
  const second = text.indexOf('+', first + 1);
  if (first < 0 || second < 0) throw badKey('does not have three parts');
  return [text.slice(0, first), text.slice(first + 1, second), text.slice(second + 1)];
}

function decoded(decode: () => Uint8Array): Uint8Array {
  try {
    return decode();
  } catch {
    throw badKey('is not hex and base64');
  }
}

function badKey(why: string): TlogError {
  return new TlogError('bad_key', `the verifier key ${why}`);
}
