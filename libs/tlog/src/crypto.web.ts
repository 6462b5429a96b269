import { ed25519 } from '@noble/curves/ed25519.js';
import { sha256 as digest } from '@noble/hashes/sha2.js';
import type { Ed25519PrivateKey, Ed25519PublicKey } from './ed25519.js';

/** SHA-256 (FIPS 180-4) in plain JavaScript. */
export function sha256(bytes: Uint8Array): Uint8Array {
  return digest(bytes);
}

/** Ed25519 public key in plain JavaScript, by the strict rules of RFC 8032, as OpenSSL verifies in Node. */
export function publicKeyFrom(raw: Uint8Array): Ed25519PublicKey {
  const valid = (message: Uint8Array, signature: Uint8Array) => verifyStrictly(raw, message, signature);
  return { raw, verify: valid, verifyAsync: (message, signature) => Promise.resolve(valid(message, signature)) };
}

/** Ed25519 private key in plain JavaScript, from its seed. */
export function privateKeyFrom(seed: Uint8Array): Ed25519PrivateKey {
  return { publicKey: ed25519.getPublicKey(seed), sign: (message) => ed25519.sign(message, seed) };
}

function verifyStrictly(raw: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  try {
    return ed25519.verify(signature, message, raw, { zip215: false });
  } catch {
    return false;
  }
}
