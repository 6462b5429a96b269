import { type Result, ok, refuse } from '@gridpact/kernel';
import {
  type KeyInLog,
  type KeyRing,
  STATEMENT_TYPES,
  type SealPromise,
  checkSigners,
  openBody,
  verifyPromise,
} from '@gridpact/statement';
import { sha256, toHex, utf8 } from '@gridpact/tlog';
import { type Claim, claimsOf } from '../rules/claims.js';
import type { Facts, Said } from '../rules/facts.js';
import { judge } from '../rules/judge.js';
import type { LedgerRefusal } from '../rules/refusal.js';
import type { Candidate } from './candidate.js';
import { signersOf } from './signatures.js';

/** Types whose body its speaker may keep back: what is committed here is revealed by a later statement. */
const WITHHELD: ReadonlySet<string> = new Set(['nomination.committed']);

/** Roles whose keys may promise: whoever runs a service that receives statements. */
const PROMISING_ROLES: ReadonlySet<string> = new Set(['service', 'registry', 'aggregator', 'power-company']);

/** A statement that may enter the log, with what it then claims. */
export interface Admitted {
  readonly said: Said;
  readonly claims: readonly Claim[];
}

/**
 * Every check that needs the log's state, in the order in which refusals help the sender most: keys by log order,
 * signatures, signers, order of keys, body, promise, rules. Parents are known to be known.
 */
export function admit(candidate: Candidate, ring: KeyRing, facts: Facts): Result<Admitted, LedgerRefusal> {
  const { statement } = candidate;
  const { type, by } = statement.envelope;
  const signedBy = signersOf(candidate, ring.forStatement(statement, facts.size));
  if (!signedBy.ok) return signedBy;
  const signers = checkSigners(type, by, signedBy.value);
  if (!signers.ok) return signers;
  const keys = ring.admits(statement, signedBy.value);
  if (!keys.ok) return keys;
  const body = bodyOf(candidate);
  if (!body.ok) return body;
  const promise = promiseOf(candidate, ring, facts.size);
  if (!promise.ok) return promise;
  const said = {
    statement,
    body: body.value,
    signedBy: signedBy.value,
    ...(promise.value && { promise: promise.value }),
  };
  const claims = judge(said, payloadHash(candidate), facts);
  return claims.ok ? ok({ said, claims: claims.value }) : claims;
}

/** Claims that a candidate may make, to look up their holders beforehand. */
export function claimsBefore(candidate: Candidate): readonly Claim[] {
  const body = bodyOf(candidate);
  const said = { statement: candidate.statement, body: body.ok ? body.value : undefined, signedBy: [] };
  return claimsOf(said, payloadHash(candidate));
}

function bodyOf({ statement, opening }: Candidate): Result<Said['body'], LedgerRefusal> {
  const { type } = statement.envelope;
  if (!opening && !STATEMENT_TYPES[type].open && WITHHELD.has(type)) return ok(undefined);
  return openBody(statement, opening);
}

function promiseOf(
  { promise }: Candidate,
  ring: KeyRing,
  size: number,
): Result<SealPromise | undefined, LedgerRefusal> {
  if (!promise) return ok(undefined);
  const key = verifyPromise<KeyInLog>(promise.signed, (kid) => ring.at(kid, size));
  if (!key.ok) return key;
  const { by } = promise.signed.promise;
  if (key.value.party === by && PROMISING_ROLES.has(key.value.role)) return ok(promise.signed.promise);
  return refuse('promise_mismatch', `a ${key.value.role} key of ${key.value.party} does not promise for ${by}`);
}

function payloadHash({ statement }: Candidate): string {
  return toHex(sha256(utf8(statement.payload)));
}
