import { toBase64Url } from '@gridpact/tlog';
import { p256 } from '@noble/curves/nist.js';
import { jwkThumbprint } from '../thumbprint.js';
import { privateOctets } from './pkcs8.js';
import { type KeySigner, type PublicJwk, type Suite, jwkBytes } from './suite.js';

const FIELD_BYTES = 32;
/** A party's own phone may write the high S; the ledger's one-seal-per-envelope rule takes the place of low-S. */
const ES256 = { lowS: false, prehash: true, format: 'compact' } as const;

/** ECDSA on P-256 with SHA-256, `ES256` of RFC 7518 section 3.4: signatures are r || s, 64 bytes. */
export const p256Suite: Suite = {
  name: 'p256-sha256',
  alg: 'ES256',
  verifier(jwk) {
    const point = pointOf(jwk);
    if (!point || !p256.utils.isValidPublicKey(point)) return undefined;
    return (message, signature) =>
      signature.length === 2 * FIELD_BYTES && p256.verify(signature, message, point, ES256);
  },
};

/** Signer for a P-256 private key, as PKCS#8 PEM or as a JWK with `d`. Throws when it is neither. */
export function p256Signer(privateKey: string | PublicJwk): KeySigner {
  const secret = typeof privateKey === 'string' ? privateOctets(privateKey, 'P-256') : jwkBytes(privateKey, 'd', 32);
  if (!secret) throw new RangeError('JWK has no P-256 private member d of 32 bytes');
  const jwk = jwkOf(p256.getPublicKey(secret, false));
  return {
    kid: jwkThumbprint(jwk),
    suite: 'p256-sha256',
    jwk,
    sign: (message) => Promise.resolve(p256.sign(message, secret, ES256)),
  };
}

function pointOf(jwk: PublicJwk): Uint8Array | undefined {
  const x = jwkBytes(jwk, 'x', FIELD_BYTES);
  const y = jwkBytes(jwk, 'y', FIELD_BYTES);
  if (jwk['kty'] !== 'EC' || jwk['crv'] !== 'P-256' || !x || !y) return undefined;
  return Uint8Array.of(4, ...x, ...y);
}

function jwkOf(point: Uint8Array): PublicJwk {
  const x = toBase64Url(point.subarray(1, 1 + FIELD_BYTES));
  const y = toBase64Url(point.subarray(1 + FIELD_BYTES));
  return { crv: 'P-256', kty: 'EC', x, y };
}
