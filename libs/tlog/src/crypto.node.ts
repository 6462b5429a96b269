import { createPrivateKey, createPublicKey, hash, sign, verify, type KeyObject } from 'node:crypto';
import type { Ed25519PrivateKey, Ed25519PublicKey } from './ed25519.js';
import { toBase64Url } from './encoding.js';

/** PKCS#8 wrapping of an Ed25519 seed (RFC 8410 section 7), up to the 32 bytes of the seed. */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

/** SHA-256 (FIPS 180-4) through OpenSSL. */
export function sha256(bytes: Uint8Array): Uint8Array {
  const digest = hash('sha256', bytes, 'buffer');
  return new Uint8Array(digest.buffer, digest.byteOffset, digest.byteLength);
}

/** Ed25519 public key through OpenSSL; the key object is made once, since parsing costs as much as verifying. */
export function publicKeyFrom(raw: Uint8Array): Ed25519PublicKey {
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: toBase64Url(raw) }, format: 'jwk' });
  return {
    raw,
    verify: (message, signature) => verify(null, message, key, signature),
    verifyAsync: (message, signature) => verifyInPool(key, message, signature),
  };
}

/** Ed25519 private key through OpenSSL, from its seed. */
export function privateKeyFrom(seed: Uint8Array): Ed25519PrivateKey {
  const key = createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: 'der', type: 'pkcs8' });
  const publicKey = createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-seed.length);
  return { publicKey: Uint8Array.from(publicKey), sign: (message) => Uint8Array.from(sign(null, message, key)) };
}

function verifyInPool(key: KeyObject, message: Uint8Array, signature: Uint8Array): Promise<boolean> {
  return new Promise((resolve, reject) => {
    verify(null, message, key, signature, (error, valid) => (error ? reject(error) : resolve(valid)));
  });
}
