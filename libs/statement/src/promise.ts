import {
  type Instant,
  type MachineInstant,
  type Result,
  formatInstant,
  instantOf,
  machineInstant,
  ok,
  refuse,
} from '@gridpact/kernel';
import { toBase64Url } from '@gridpact/tlog';
import { z } from 'zod';
import { bytesOfBase64url } from './base64url.js';
import { instantText, leafHashHex, partyId } from './bodies/fields.js';
import { canonicalBytes, parseCanonical } from './canonical.js';
import {
  type JwsRefusal,
  type Signature,
  type SignatureRefusal,
  jwsBytes,
  parseJws,
  signPayload,
  verifySignature,
} from './jws.js';
import type { PublicKeyRecord } from './suites.js';
import type { Signer } from './suites/suite.js';

const promiseBody = z.strictObject({
  v: z.literal(1),
  kind: z.literal('promise'),
  statement: leafHashHex,
  receivedAt: instantText,
  sealBy: instantText,
  by: partyId,
});

/**
 * What the receiver of a statement answers at once: it arrived at `receivedAt` (business time, decides deadlines) and
 * will be covered by a cosigned checkpoint by `sealBy` (machine time, as cosignatures are). Unsealed after that, it is
 * proof against the receiver and still counts for its holder.
 */
export interface SealPromise {
  /** Leaf hash (hex) of the statement. */
  readonly statement: string;
  readonly receivedAt: Instant;
  readonly sealBy: MachineInstant;
  /** Party that promises: a service, or the ledger itself. */
  readonly by: string;
}

/** A promise with the signature under it. */
export interface SignedPromise {
  readonly promise: SealPromise;
  readonly payload: string;
  readonly signature: Signature;
}

/** Why bytes are no promise. */
export type PromiseRefusal = JwsRefusal | 'bad_promise';

/** Signs a promise; the bytes are the canonical JSON of a JWS, as an entry's are. */
export async function signPromise(promise: SealPromise, signer: Signer): Promise<Uint8Array> {
  const { statement, receivedAt, sealBy, by } = promise;
  const times = { receivedAt: formatInstant(receivedAt), sealBy: formatInstant(sealBy) };
  const body = promiseBody.parse({ v: 1, kind: 'promise', statement, ...times, by });
  const payload = toBase64Url(canonicalBytes(body));
  return jwsBytes({ payload, signatures: [await signPayload(payload, 'gridpact-promise', signer)] });
}

/** Reads a promise: canonical in every layer, one signature. Says nothing about it; see {@link verifyPromise}. */
export function parsePromise(bytes: Uint8Array): Result<SignedPromise, PromiseRefusal> {
  const jws = parseJws(bytes, 'gridpact-promise');
  if (!jws.ok) return jws;
  const [signature, second] = jws.value.signatures;
  const json = parseCanonical(bytesOfBase64url(jws.value.payload) ?? new Uint8Array());
  const body = promiseBody.safeParse(json.ok ? json.value : undefined);
  if (!body.success || !signature || second) return refuse('bad_promise', 'not a promise with exactly one signature');
  const { statement, by } = body.data;
  const receivedAt = instantOf(body.data.receivedAt);
  const sealBy = machineInstant(instantOf(body.data.sealBy));
  return ok({ promise: { statement, receivedAt, sealBy, by }, payload: jws.value.payload, signature });
}

/** Checks a promise's signature; grants the key record that made it. Whether that key speaks for `by` is the caller's. */
export function verifyPromise<K extends PublicKeyRecord>(
  { payload, signature }: SignedPromise,
  keyOf: (kid: string) => K | undefined,
): Result<K, SignatureRefusal> {
  return verifySignature(payload, signature, keyOf);
}
