import { ed25519PrivateKey, ed25519PublicKey, toBase64Url } from '@gridpact/tlog';
import { jwkThumbprint } from '../thumbprint.js';
import { privateOctets } from './pkcs8.js';
import { type KeySigner, type PublicJwk, type Suite, jwkBytes } from './suite.js';

const KEY_BYTES = 32;

/** Ed25519 (RFC 8032) under its fully specified JWS name `Ed25519` (RFC 9864): the default suite. */
export const ed25519Suite: Suite = {
  name: 'ed25519',
  alg: 'Ed25519',
  verifier(jwk) {
    const raw = jwkBytes(jwk, 'x', KEY_BYTES);
    if (jwk['kty'] !== 'OKP' || jwk['crv'] !== 'Ed25519' || !raw) return undefined;
    const key = ed25519PublicKey(raw);
    return (message, signature) => key.verify(message, signature);
  },
};

/** Signer for an Ed25519 private key, as PKCS#8 PEM or as a JWK with `d`. Throws when it is neither. */
export function ed25519Signer(privateKey: string | PublicJwk): KeySigner {
  const seed =
    typeof privateKey === 'string' ? privateOctets(privateKey, 'Ed25519') : jwkBytes(privateKey, 'd', KEY_BYTES);
  if (!seed) throw new RangeError('JWK has no Ed25519 private member d of 32 bytes');
  const key = ed25519PrivateKey(seed);
  const jwk = { crv: 'Ed25519', kty: 'OKP', x: toBase64Url(key.publicKey) };
  const sign = (message: Uint8Array): Promise<Uint8Array> => Promise.resolve(key.sign(message));
  return { kid: jwkThumbprint(jwk), suite: 'ed25519', jwk, sign };
}
