import { type Refusal, type Result, ok, refuse } from '@gridpact/kernel';
import type { Submission } from '@gridpact/contracts';
import {
  type KeyRing,
  type Opening,
  type ParseRefusal,
  type PromiseRefusal,
  type SignedPromise,
  type Statement,
  parsePromise,
  parseStatement,
} from '@gridpact/statement';
import { fromBase64, leafHash, toHex } from '@gridpact/tlog';
import type { LedgerRefusal } from '../rules/refusal.js';
import { verifyEarly } from './signatures.js';

/** A statement on its way in that passed every check that needs no state of the log. */
export interface Candidate {
  readonly statement: Statement;
  readonly opening?: Opening;
  readonly audience: readonly string[];
  readonly promise?: { readonly bytes: Uint8Array; readonly signed: SignedPromise };
  /** Keys (kid) whose signature was verified before. */
  readonly verified?: ReadonlySet<string>;
  /** Id of the Kafka message, recorded with the effect so that a replay has none. */
  readonly messageId?: string;
  /** Trace (W3C) of the submission. */
  readonly traceparent?: string;
  /** Given when it comes out of the waiting room: machine time since which it waits, ms. */
  readonly waited?: { readonly since: number };
}

/** Reads a submission: entry, and promise when there is one. Openings are judged inside the transaction. */
export function candidateOf(
  { entry, opening, audience, promise }: Submission,
  messageId?: string,
): Result<Candidate, ParseRefusal | PromiseRefusal | 'promise_mismatch'> {
  const statement = parseStatement(bytesOf(entry));
  if (!statement.ok) return statement;
  const said = { statement: statement.value, audience, ...(opening && { opening }), ...(messageId && { messageId }) };
  if (promise === undefined) return ok(said);
  const bytes = bytesOf(promise);
  const signed = parsePromise(bytes);
  if (!signed.ok) return signed;
  if (signed.value.promise.statement !== statement.value.leafHash) {
    return refuse('promise_mismatch', 'the promise is for another statement');
  }
  return ok({ ...said, promise: { bytes, signed: signed.value } });
}

/** Bytes of base64; none for a text that is not canonical base64, which then is no statement. */
export function bytesOf(base64: string): Uint8Array {
  try {
    return fromBase64(base64);
  } catch {
    return new Uint8Array();
  }
}

/** A submission that no state of the log can save; it goes along so that its refusal is told once. */
export interface Unreadable {
  readonly refusal: Refusal<LedgerRefusal>;
  readonly leafHash: string;
  readonly messageId?: string;
}

/** One submission on its way to the integrator. */
export type Arrival = Candidate | Unreadable;

/** True for a submission that was refused before it reached the log. */
export function isUnreadable(arrival: Arrival): arrival is Unreadable {
  return 'refusal' in arrival;
}

/** Reads a submission into what the integrator takes, refused ones too. `ring` holds the keys known so far. */
export function arrivalOf(submission: Submission, ring: KeyRing, messageId?: string): Arrival {
  const read = candidateOf(submission, messageId);
  const candidate = read.ok ? verifyEarly(read.value, ring) : read;
  if (candidate.ok) return candidate.value;
  const name = toHex(leafHash(bytesOf(submission.entry)));
  return { refusal: candidate.refusal, leafHash: name, ...(messageId && { messageId }) };
}

/** What became of an arrival. */
export type Outcome = { readonly leafHash: string } & (
  | { readonly state: 'sequenced'; readonly index: number; readonly again: boolean }
  | { readonly state: 'waiting'; readonly missing: readonly string[] }
  | { readonly state: 'refused'; readonly refusal: Refusal<LedgerRefusal> }
  | { readonly state: 'replayed' }
);
