import { type Result, ok, refuse } from '@gridpact/kernel';
import { type KeyInLog, type KeyRing, type SignatureRefusal, verifySignature } from '@gridpact/statement';
import type { Candidate } from './candidate.js';

/** A place in the log after every key that is known now. */
const LATEST = Number.MAX_SAFE_INTEGER;

/**
 * Verifies, before a candidate queues, the signatures of keys that are known already; those of others wait for the
 * transaction. A `kid` is the thumbprint of its key, so a signature verified here stands whatever the log says later;
 * whether the key may sign is judged there, by log order.
 */
export function verifyEarly(candidate: Candidate, ring: KeyRing): Result<Candidate, SignatureRefusal> {
  const verified = new Set<string>();
  for (const signature of candidate.statement.signatures) {
    const key = ring.at(signature.kid, LATEST);
    if (!key) continue;
    const stands = verifySignature(candidate.statement.payload, signature, () => key);
    if (!stands.ok) return stands;
    verified.add(signature.kid);
  }
  return ok({ ...candidate, verified });
}

/** The keys that signed, in the order of the signatures; verifies those that were not verified early. */
export function signersOf(
  { statement, verified }: Candidate,
  keyOf: (kid: string) => KeyInLog | undefined,
): Result<readonly KeyInLog[], SignatureRefusal> {
  const keys: KeyInLog[] = [];
  for (const signature of statement.signatures) {
    const key = keyOf(signature.kid);
    if (!key) return refuse('unknown_key', `no valid key ${signature.kid}`);
    const stands = verified?.has(signature.kid) ? ok(key) : verifySignature(statement.payload, signature, keyOf);
    if (!stands.ok) return stands;
    keys.push(key);
  }
  return ok(keys);
}
