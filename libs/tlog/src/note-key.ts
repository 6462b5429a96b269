import { ed25519CosignatureVerifier } from './cosignature.js';
import { ed25519PublicKey, type SigningKey } from './ed25519.js';
import { utf8 } from './encoding.js';
import { TlogError } from './errors.js';
import type { NoteSigner, NoteVerifier } from './note.js';
import { ED25519_COSIGNATURE, ED25519_NOTE, vkeyOf, type Vkey } from './vkey.js';

/** One entry per signature type that is verified here; another type joins by a line. */
const VERIFIERS: ReadonlyMap<number, (vkey: Vkey) => NoteVerifier> = new Map([
  [ED25519_NOTE, ed25519NoteVerifier],
  [ED25519_COSIGNATURE, ed25519CosignatureVerifier],
]);

/** Verifiers made so far: parsing a key costs as much as verifying with it. */
const made = new WeakMap<Vkey, NoteVerifier>();

/** True when signatures of this type can be verified here. */
export function isSupportedType(type: number): boolean {
  return VERIFIERS.has(type);
}

/** Verifier for a key, by its signature type; refuses `unsupported_key` for a type not known here. Made once a vkey. */
export function noteVerifier(vkey: Vkey): NoteVerifier {
  const make = VERIFIERS.get(vkey.type);
  if (!make) throw new TlogError('unsupported_key', `no signature of type ${vkey.type} is verified here`);
  const verifier = made.get(vkey) ?? make(vkey);
  made.set(vkey, verifier);
  return verifier;
}

/** Signer of type 0x01 (signed-note, Ed25519 signatures): what a log signs its checkpoints with. */
export function ed25519NoteSigner(name: string, key: SigningKey): NoteSigner {
  return { vkey: vkeyOf(name, ED25519_NOTE, key.publicKey), sign: async (text) => key.sign(utf8(text)) };
}

function ed25519NoteVerifier(vkey: Vkey): NoteVerifier {
  const key = ed25519PublicKey(vkey.publicKey);
  return { vkey, verify: (text, signature) => key.verify(utf8(text), signature) };
}
