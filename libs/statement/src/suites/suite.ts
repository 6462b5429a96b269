import { z } from 'zod';
import { bytesOfBase64url } from '../base64url.js';

/** Names of signing suites in party keys. */
export const suiteName = z.enum(['ed25519', 'p256-sha256', 'sm2-sm3']);
export type SuiteName = z.infer<typeof suiteName>;

/** A public key as a JWK (RFC 7517), public members only. */
export type PublicJwk = Readonly<Record<string, string>>;

/** One way to sign; the only place where a curve or a hash is named. */
export interface Suite {
  readonly name: SuiteName;
  /** `alg` of the JWS header. */
  readonly alg: string;
  /** Checks signatures by this key; undefined when the JWK is no key of this suite. */
  verifier(jwk: PublicJwk): ((message: Uint8Array, signature: Uint8Array) => boolean) | undefined;
}

/** A private key that signs, wherever it lives: in memory, at a party's signer, in a token. */
export interface Signer {
  /** RFC 7638 thumbprint of the public key, base64url. */
  readonly kid: string;
  readonly suite: SuiteName;
  /** Signature over a JWS signing input (RFC 7515 section 5.1); the suite hashes, the caller does not. */
  sign(message: Uint8Array): Promise<Uint8Array>;
}

/** A signer whose private key is in this process, with the public key to publish. */
export interface KeySigner extends Signer {
  readonly jwk: PublicJwk;
}

/** Bytes of a fixed-length base64url JWK member; undefined when absent, malformed or of another length. */
export function jwkBytes(jwk: PublicJwk, member: string, length: number): Uint8Array | undefined {
  const bytes = bytesOfBase64url(jwk[member] ?? '');
  return bytes?.length === length ? bytes : undefined;
}
