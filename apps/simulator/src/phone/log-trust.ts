import { type Result, formatInstant, ok, refuse } from '@gridpact/kernel';
import { type PublicKeyRecord, parsePromise, verifyPromise } from '@gridpact/statement';
import { TlogError, fromHex, parsePolicy, parseTlogProof, verifyTlogProof } from '@gridpact/tlog';
import type { z } from 'zod';
import type { trust } from './mobile-shapes.js';

/** What a phone holds a log to: its policy and the keys that speak in it, as they were when the phone joined. */
export type Trust = z.infer<typeof trust>;

/** Service party whose promises count for answers of users. */
const RECEIVING_SERVICE = 'aggregator';

/** A promise that verified: when the receiving service took the statement, and by when it will be sealed. */
export interface CheckedPromise {
  readonly receivedAt: string;
  readonly sealBy: string;
}

/** Checks a promise: about this statement, by the receiving service, under a key of it that the phone knew before. */
export function checkPromise(
  trusted: Trust,
  statement: string,
  bytes: Uint8Array,
): Result<CheckedPromise, 'bad_promise'> {
  const parsed = parsePromise(bytes);
  if (!parsed.ok) return refuse('bad_promise', parsed.refusal.detail);
  const { promise } = parsed.value;
  if (promise.statement !== statement) return refuse('bad_promise', `the promise is about ${promise.statement}`);
  const spoken = verifyPromise(parsed.value, (kid) => keyOf(trusted, kid));
  if (!spoken.ok) return refuse('bad_promise', spoken.refusal.detail);
  if (spoken.value.party !== promise.by || promise.by !== RECEIVING_SERVICE) {
    return refuse('bad_promise', `${spoken.value.party} promised in the name of ${promise.by}`);
  }
  return ok({ receivedAt: formatInstant(promise.receivedAt), sealBy: formatInstant(promise.sealBy) });
}

/** A receipt that verified, with nothing but the phone's own policy. */
export interface CheckedReceipt {
  readonly index: number;
  readonly size: number;
  /** Witnesses by their names in the policy. */
  readonly cosigners: readonly string[];
}

/** Checks that a statement is sealed: inclusion under a checkpoint with the policy's quorum of cosignatures. */
export function checkReceipt(
  trusted: Trust,
  statement: string,
  receipt: string,
): Result<CheckedReceipt, 'bad_receipt'> {
  try {
    const proof = parseTlogProof(receipt);
    const { checkpoint, cosigners } = verifyTlogProof(proof, fromHex(statement), parsePolicy(trusted.policy));
    return ok({ index: proof.index, size: checkpoint.size, cosigners: cosigners.map(({ witness }) => witness) });
  } catch (error) {
    if (error instanceof TlogError) return refuse('bad_receipt', `${error.code}: ${error.message}`);
    throw error;
  }
}

function keyOf(trusted: Trust, kid: string): (PublicKeyRecord & { readonly party: string }) | undefined {
  return trusted.keys.find((key) => key.kid === kid && key.role === 'service' && key.untilIndex === null);
}
