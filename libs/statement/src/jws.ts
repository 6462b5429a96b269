import { type Result, ok, refuse } from '@gridpact/kernel';
import { toBase64Url } from '@gridpact/tlog';
import { z } from 'zod';
import { bytesOfBase64url } from './base64url.js';
import { base64urlText } from './bodies/fields.js';
import { canonicalBytes, parseCanonical } from './canonical.js';
import { type PublicKeyRecord, suiteOf, suiteOfAlg, verifyWith } from './suites.js';
import type { Signer, SuiteName } from './suites/suite.js';

/** Parties that may sign one statement. */
export const MAX_SIGNATURES = 32;

/** What a signature is for; in its protected header, so that no signature of one kind can be passed off as another. */
export type JwsKind = 'gridpact-statement' | 'gridpact-promise';

/** Why bytes are no JWS of ours. */
export type JwsRefusal =
  'not_json' | 'not_canonical' | 'bad_form' | 'bad_header' | 'unknown_suite' | 'signatures_unordered';

/** Why a signature does not stand. */
export type SignatureRefusal = 'unknown_key' | 'suite_mismatch' | 'bad_signature';

/** One signature with the header it covers. */
export interface Signature {
  readonly kid: string;
  readonly suite: SuiteName;
  /** base64url of the protected header, as signed. */
  readonly protectedHeader: string;
  readonly signature: Uint8Array;
}

/** A JWS in general serialisation (RFC 7515 section 7.2.1): one payload, signatures in ascending order of `kid`. */
export interface Jws {
  /** base64url, as signed. */
  readonly payload: string;
  readonly signatures: readonly Signature[];
}

const jws = z.strictObject({
  payload: z.string().min(1),
  signatures: z
    .array(z.strictObject({ protected: base64urlText, signature: base64urlText }))
    .min(1)
    .max(MAX_SIGNATURES),
});
const header = z.strictObject({
  alg: z.string().max(40),
  kid: base64urlText.length(43),
  typ: z.enum(['gridpact-statement', 'gridpact-promise']),
});
const encoder = new TextEncoder();

/** Signs a payload; the header names suite, key and kind. */
export async function signPayload(payload: string, kind: JwsKind, signer: Signer): Promise<Signature> {
  const suite = suiteOf(signer.suite);
  if (!suite) throw new RangeError(`suite ${signer.suite} is not implemented here`);
  const protectedHeader = toBase64Url(canonicalBytes({ alg: suite.alg, kid: signer.kid, typ: kind }));
  const signature = await signer.sign(signingInput(protectedHeader, payload));
  return { kid: signer.kid, suite: signer.suite, protectedHeader, signature };
}

/** Signing input (RFC 7515 section 5.1): ASCII(protected header || '.' || payload). */
export function signingInput(protectedHeader: string, payload: string): Uint8Array {
  return encoder.encode(`${protectedHeader}.${payload}`);
}

/** Canonical bytes of a JWS. Orders signatures by `kid`, so that the same signatures are the same bytes. */
export function jwsBytes({ payload, signatures }: Jws): Uint8Array {
  const ordered = [...signatures].sort((a, b) => (a.kid < b.kid ? -1 : 1));
  const written = ordered.map(({ protectedHeader, signature }) => ({
    protected: protectedHeader,
    signature: toBase64Url(signature),
  }));
  return canonicalBytes({ payload, signatures: written });
}

/** Reads the canonical bytes of a JWS of the given kind. */
export function parseJws(bytes: Uint8Array, kind: JwsKind): Result<Jws, JwsRefusal> {
  const json = parseCanonical(bytes);
  if (!json.ok) return json;
  const form = jws.safeParse(json.value);
  if (!form.success) return refuse('bad_form', `not a JWS: ${z.prettifyError(form.error)}`.slice(0, 1000));
  const signatures: Signature[] = [];
  for (const written of form.data.signatures) {
    const read = signatureOf(written, kind);
    if (!read.ok) return read;
    if ((signatures.at(-1)?.kid ?? '') >= read.value.kid) {
      return refuse('signatures_unordered', 'signatures must ascend by kid, each key once');
    }
    signatures.push(read.value);
  }
  return ok({ payload: form.data.payload, signatures });
}

/** Checks one signature over a payload; grants the record of the key that made it. */
export function verifySignature<K extends PublicKeyRecord>(
  payload: string,
  { kid, suite, protectedHeader, signature }: Signature,
  keyOf: (kid: string) => K | undefined,
): Result<K, SignatureRefusal> {
  const key = keyOf(kid);
  if (!key) return refuse('unknown_key', `no valid key ${kid}`);
  if (key.suite !== suite) return refuse('suite_mismatch', `key ${kid} is of suite ${key.suite}, not ${suite}`);
  if (!verifyWith(key, signingInput(protectedHeader, payload), signature)) {
    return refuse('bad_signature', `the signature by key ${kid} does not verify`);
  }
  return ok(key);
}

function signatureOf(
  written: { protected: string; signature: string },
  kind: JwsKind,
): Result<Signature, 'bad_header' | 'unknown_suite'> {
  const json = parseCanonical(bytesOfBase64url(written.protected) ?? new Uint8Array());
  const parsed = header.safeParse(json.ok ? json.value : undefined);
  const signature = bytesOfBase64url(written.signature);
  if (!parsed.success || parsed.data.typ !== kind || !signature) {
    return refuse('bad_header', `a protected header is not exactly canonical {alg, kid, typ: ${kind}}`);
  }
  const { alg, kid } = parsed.data;
  const suite = suiteOfAlg(alg);
  if (!suite) return refuse('unknown_suite', `no suite signs with alg ${alg}`);
  return ok({ kid, suite: suite.name, protectedHeader: written.protected, signature });
}
