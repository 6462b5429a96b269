import { partyId } from '@gridpact/statement';
import { z } from 'zod';

/** What the holder of a token may be; services decide by it which operations are open. */
export const roleName = z.enum(['operator', 'approver', 'aggregator', 'user', 'regulator', 'service', 'device']);
export type RoleName = z.infer<typeof roleName>;

/** Characters of a client secret at least: 32 of base64url carry 192 bits, so a plain SHA-256 of it cannot be searched. */
const MIN_SECRET_CHARACTERS = 32;
const MAX_SEEDED_CLIENTS = 1000;

/** A client of a service or of staff, as the seed file has it. */
export const seededClient = z.strictObject({
  id: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'a client id'),
  secret: z.string().min(MIN_SECRET_CHARACTERS).max(256),
  party: partyId,
  roles: z.array(roleName).min(1).max(7),
});
export const seedFile = z.array(seededClient).min(1).max(MAX_SEEDED_CLIENTS);
export type SeededClient = z.infer<typeof seededClient>;

/** How a client proves itself: a secret that only its hash is kept of, or a key whose public half is kept. */
export type ClientProof =
  | { readonly kind: 'secret'; readonly secretSha256: string }
  | { readonly kind: 'key'; readonly alg: 'EdDSA' | 'ES256'; readonly jwk: Readonly<Record<string, string>> };

/** An OAuth client and the party that it speaks for. */
export interface OauthClient {
  readonly id: string;
  readonly party: string;
  readonly roles: readonly RoleName[];
  readonly proof: ClientProof;
}
