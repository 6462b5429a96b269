import { createHash, timingSafeEqual } from 'node:crypto';

/** SHA-256 (hex) of a client secret: what is kept of it. Secrets are random and long, so no slow hash is needed. */
export function secretDigest(secret: string): string {
  return createHash('sha256').update(secret, 'utf8').digest('hex');
}

/** True when `secret` hashes to `digest`; takes the same time whatever differs. */
export function isSecretOf(digest: string, secret: string): boolean {
  const given = Buffer.from(secretDigest(secret), 'hex');
  const kept = Buffer.from(digest, 'hex');
  return kept.length === given.length && timingSafeEqual(kept, given);
}
