import { sha256, toBase64Url } from '@gridpact/tlog';
import { canonicalBytes } from './canonical.js';
import type { PublicJwk } from './suites/suite.js';

/** Members that make the thumbprint of each key type (RFC 7638 section 3.2, RFC 8037 section 2). */
const THUMBPRINT_MEMBERS: Readonly<Record<string, readonly string[]>> = {
  OKP: ['crv', 'kty', 'x'],
  EC: ['crv', 'kty', 'x', 'y'],
};

/** JWK thumbprint (RFC 7638), base64url SHA-256; other members than those it names do not count. Throws on other `kty`. */
export function jwkThumbprint(jwk: PublicJwk): string {
  return toBase64Url(sha256(canonicalBytes(publicMembers(jwk))));
}

/** The JWK without any member that its thumbprint does not name: never a private part, never a hint. */
export function publicMembers(jwk: PublicJwk): PublicJwk {
  const members = THUMBPRINT_MEMBERS[jwk['kty'] ?? ''];
  if (!members) throw new RangeError(`no thumbprint for kty ${jwk['kty']}`);
  return Object.fromEntries(members.map((member) => [member, jwk[member] ?? '']));
}
