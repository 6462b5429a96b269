import { privateKeyFrom, publicKeyFrom } from './crypto.js';
import { TlogError } from './errors.js';

/** Bytes of an Ed25519 public key or private seed (RFC 8032 section 5.1.5). */
export const ED25519_KEY_BYTES = 32;

/** Bytes of an Ed25519 signature (RFC 8032 section 5.1.6). */
export const ED25519_SIGNATURE_BYTES = 64;

/** A public key, parsed once; keep it as long as signatures of this key may come. */
export interface Ed25519PublicKey {
  /** The 32 bytes of RFC 8032. */
  readonly raw: Uint8Array;
  /** True when the signature is the key's over the message; false for every other input, a wrong length included. */
  verify(message: Uint8Array, signature: Uint8Array): boolean;
  /** As {@link verify}, off the calling thread where the platform can (Node: libuv's pool). */
  verifyAsync(message: Uint8Array, signature: Uint8Array): Promise<boolean>;
}

/** A key that signs. A token or a remote signer may stand behind it, hence the possible promise. */
export interface SigningKey {
  /** The 32 bytes of RFC 8032 of the matching public key. */
  readonly publicKey: Uint8Array;
  sign(message: Uint8Array): Uint8Array | Promise<Uint8Array>;
}

/** A private key held in memory: signs at once. */
export interface Ed25519PrivateKey extends SigningKey {
  sign(message: Uint8Array): Uint8Array;
}

/** Reads a public key of 32 bytes; refuses `bad_key` for another length. */
export function ed25519PublicKey(raw: Uint8Array): Ed25519PublicKey {
  return publicKeyFrom(keyBytes(raw));
}

/** Reads a private key, the 32-byte seed of RFC 8032; refuses `bad_key` for another length. */
export function ed25519PrivateKey(seed: Uint8Array): Ed25519PrivateKey {
  return privateKeyFrom(keyBytes(seed));
}

function keyBytes(raw: Uint8Array): Uint8Array {
  if (raw.length !== ED25519_KEY_BYTES) {
    throw new TlogError('bad_key', `an Ed25519 key has ${ED25519_KEY_BYTES} bytes, not ${raw.length}`);
  }
  return Uint8Array.from(raw);
}
