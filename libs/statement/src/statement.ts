import { type Result, ok, refuse } from '@gridpact/kernel';
import { MAX_ENTRY_BYTES, leafHash, toHex } from '@gridpact/tlog';
import { z } from 'zod';
import { bytesOfBase64url } from './base64url.js';
import { type CanonicalRefusal, parseCanonical } from './canonical.js';
import {
  type Envelope,
  type Opening,
  type OpeningRefusal,
  type Prepared,
  bodyOf,
  checkedBody,
  envelope,
} from './envelope.js';
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
import { type BodyOf, STATEMENT_TYPES, type StatementType, isStatementType } from './types.js';

/** A signed statement, as it stands in the log. */
export interface Statement<T extends StatementType = StatementType> {
  readonly envelope: Envelope<T>;
  /** base64url of the canonical envelope, as signed. */
  readonly payload: string;
  /** The entry: canonical JSON of the JWS. */
  readonly entry: Uint8Array;
  /** RFC 6962 leaf hash of the entry, lower-case hex: the statement's name everywhere. */
  readonly leafHash: string;
  readonly signatures: readonly Signature[];
  /** Present for whoever wrote or was given the body; never part of the entry. */
  readonly opening?: Opening;
}

/** Why bytes are no statement. */
export type ParseRefusal =
  CanonicalRefusal | JwsRefusal | 'too_large' | 'bad_envelope' | 'unknown_type' | 'body_form' | 'bad_body';
/** Every reason for which this library refuses a statement. */
export type StatementRefusal = ParseRefusal | SignatureRefusal | OpeningRefusal;

/** Signs a prepared statement with each signer. Throws without signers, and when the entry would be too large. */
export async function signStatement<T extends StatementType>(
  prepared: Prepared<T>,
  signers: readonly Signer[],
): Promise<Statement<T>> {
  if (signers.length === 0) throw new RangeError('a statement needs a signature');
  const sign = (signer: Signer): Promise<Signature> => signPayload(prepared.payload, 'gridpact-statement', signer);
  return assembleStatement(prepared, await Promise.all(signers.map(sign)));
}

/** Adds one party's signature to a statement: other bytes, hence another leaf hash. Signing twice with a key throws. */
export async function addSignature<T extends StatementType>(
  statement: Statement<T>,
  signer: Signer,
): Promise<Statement<T>> {
  const added = await signPayload(statement.payload, 'gridpact-statement', signer);
  return assembleStatement(statement, [...statement.signatures, added]);
}

/** Builds the entry from an envelope and signatures that were made elsewhere. Throws as {@link signStatement} does. */
export function assembleStatement<T extends StatementType>(
  { envelope: said, payload, opening }: Prepared<T>,
  signatures: readonly Signature[],
): Statement<T> {
  if (new Set(signatures.map(({ kid }) => kid)).size !== signatures.length) throw new RangeError('a key signs twice');
  const entry = jwsBytes({ payload, signatures });
  if (entry.length > MAX_ENTRY_BYTES) throw new RangeError(`an entry has at most ${MAX_ENTRY_BYTES} bytes`);
  const ordered = [...signatures].sort((a, b) => (a.kid < b.kid ? -1 : 1));
  const name = toHex(leafHash(entry));
  return { envelope: said, payload, entry, leafHash: name, signatures: ordered, ...(opening && { opening }) };
}

/**
 * Reads an entry: at most 65,535 bytes, canonical in every layer, of a known type, its body open exactly where the type
 * says so and then of the type's schema. Says nothing about signatures; see {@link verifySignatures}.
 */
export function parseStatement(entry: Uint8Array): Result<Statement, ParseRefusal> {
  if (entry.length > MAX_ENTRY_BYTES) return refuse('too_large', `an entry has at most ${MAX_ENTRY_BYTES} bytes`);
  const jws = parseJws(entry, 'gridpact-statement');
  if (!jws.ok) return jws;
  const { payload, signatures } = jws.value;
  const said = parseEnvelope(payload);
  if (!said.ok) return said;
  return ok({ envelope: said.value, payload, entry, leafHash: toHex(leafHash(entry)), signatures });
}

/** Reads the payload of a statement before it is signed, as a party's signer must: never sign what does not parse. */
export function parseEnvelope(payload: string): Result<Envelope, ParseRefusal> {
  const json = parseCanonical(bytesOfBase64url(payload) ?? new Uint8Array());
  if (!json.ok) return json;
  const type = (json.value as { type?: unknown } | null)?.type;
  if (typeof type === 'string' && !isStatementType(type))
    return refuse('unknown_type', `no statement type "${type.slice(0, 60)}"`);
  const form = envelope.safeParse(json.value);
  if (!form.success) return refuse('bad_envelope', z.prettifyError(form.error).slice(0, 1000));
  const said = form.data;
  if (new Set(said.parents).size !== said.parents.length) return refuse('bad_envelope', 'a parent is named twice');
  if ('open' in said.body !== STATEMENT_TYPES[said.type].open) {
    return refuse('body_form', `the body of ${said.type} must be ${'open' in said.body ? 'committed' : 'open'}`);
  }
  if (!('open' in said.body)) return ok(said);
  const body = checkedBody(said.type, said.body.open);
  return body.ok ? ok(said) : body;
}

/**
 * Checks every signature; grants the key record of each, in the order of `signatures`. `keyOf` decides which keys are
 * known and valid (for the ledger: by log order).
 */
export function verifySignatures<K extends PublicKeyRecord>(
  statement: Statement,
  keyOf: (kid: string) => K | undefined,
): Result<readonly K[], SignatureRefusal> {
  const keys: K[] = [];
  for (const signature of statement.signatures) {
    const key = verifySignature(statement.payload, signature, keyOf);
    if (!key.ok) return key;
    keys.push(key.value);
  }
  return ok(keys);
}

/** The statement's body: in clear in the entry, or opened and checked against its commitment and its type's schema. */
export function openBody<T extends StatementType>(
  statement: Statement<T>,
  opening: Opening | undefined = statement.opening,
): Result<BodyOf<T>, OpeningRefusal> {
  return bodyOf(statement.envelope, opening);
}

/** Body of a statement of an open type, which `parseStatement` has checked; throws for a committed one. */
export function openBodyOf<T extends StatementType>(statement: Statement<T>): BodyOf<T> {
  const body = bodyOf(statement.envelope);
  if (!body.ok) throw new TypeError(body.refusal.detail);
  return body.value;
}

/** Narrows a statement to a type. */
export function isOfType<T extends StatementType>(statement: Statement, type: T): statement is Statement<T> {
  return statement.envelope.type === type;
}
