import { type PublicKeyRecord, suiteOf } from './suites.js';
import type { KeySigner } from './suites/suite.js';
import { jwkThumbprint, publicMembers } from './thumbprint.js';

/** The public record of a key that this process holds; `use` names what it signs within its party. */
export function publicKeyOf(signer: KeySigner, use: string): PublicKeyRecord & { readonly use: string } {
  return { kid: signer.kid, suite: signer.suite, jwk: signer.jwk, use };
}

/**
 * True when the record is sound: a suite that this build implements, exactly its public members (so never a private
 * `d`), a valid key of it, and its thumbprint as `kid`.
 */
export function isSoundKey(key: PublicKeyRecord): boolean {
  if (suiteOf(key.suite)?.verifier(key.jwk) === undefined) return false;
  const exact = Object.keys(key.jwk).length === Object.keys(publicMembers(key.jwk)).length;
  return exact && jwkThumbprint(key.jwk) === key.kid;
}
