import { type Instant, type Result, formatInstant, ok, refuse } from '@gridpact/kernel';
import { sha256, toBase64Url } from '@gridpact/tlog';
import { z } from 'zod';
import { bytesOfBase64url } from './base64url.js';
import { base64urlText, instantText, leafHashHex, partyId } from './bodies/fields.js';
import { canonicalBytes } from './canonical.js';
import { type BodyOf, STATEMENT_TYPES, type StatementType, statementType } from './types.js';

/** Statements that one may follow from; more are sealed as a batch and named by its root. */
export const MAX_PARENTS = 512;
/** Bytes of the salt in front of a committed body: enough that no body can be found by guessing. */
export const SALT_BYTES = 32;

const commitmentText = base64urlText.length(43);
const envelopeBody = z.union([z.strictObject({ commitment: commitmentText }), z.strictObject({ open: z.unknown() })]);

/** What the signatures cover. `by` and `subject` are pseudonyms; nothing private may stand here. */
export const envelope = z.strictObject({
  v: z.literal(1),
  type: statementType,
  at: instantText,
  by: partyId,
  subject: z.string().min(1).max(100),
  parents: z.array(leafHashHex).max(MAX_PARENTS),
  body: envelopeBody,
});

/** The signed part of a statement: its body in clear (`open`) or as a commitment, as its type says. */
export type Envelope<T extends StatementType = StatementType> = Readonly<
  Omit<z.infer<typeof envelope>, 'type'> & { type: T }
>;

/** What opens a committed body: the salt (base64url of 32 bytes) and the body. Held by the body's audience only. */
export interface Opening {
  readonly salt: string;
  readonly body: unknown;
}

/** What to say, before signing. `salt` is needed exactly when the type's body is not open. */
export interface Draft<T extends StatementType> {
  readonly type: T;
  /** Business time at which the speaker says it. */
  readonly at: Instant;
  /** Party that speaks; one of the signers. */
  readonly by: string;
  readonly subject: string;
  /** Leaf hashes (hex) of the statements that this one follows from. */
  readonly parents: readonly string[];
  readonly body: BodyOf<T>;
  readonly salt?: Uint8Array;
}

/** A draft in the bytes that will be signed. */
export interface Prepared<T extends StatementType = StatementType> {
  readonly envelope: Envelope<T>;
  /** base64url of the canonical envelope: the JWS payload. */
  readonly payload: string;
  readonly opening?: Opening;
}

/** Builds the envelope of a draft. Throws when the draft breaks a schema, or its salt is missing, short or superfluous. */
export function prepare<T extends StatementType>(draft: Draft<T>): Prepared<T> {
  const rule = STATEMENT_TYPES[draft.type];
  const body: unknown = rule.body.parse(draft.body);
  if (rule.open === (draft.salt !== undefined)) throw new RangeError(`salt: ${draft.type} is ${openness(rule.open)}`);
  const said = {
    v: 1,
    type: draft.type,
    at: formatInstant(draft.at),
    by: draft.by,
    subject: draft.subject,
    parents: [...draft.parents],
    body: draft.salt ? { commitment: commitmentOf(draft.salt, body) } : { open: body },
  };
  const checked = { ...envelope.parse(said), type: draft.type };
  const payload = toBase64Url(canonicalBytes(checked));
  return { envelope: checked, payload, ...(draft.salt && { opening: { salt: toBase64Url(draft.salt), body } }) };
}

/** Commitment to a body: base64url(SHA-256(salt || canonical body)). Throws unless the salt has 32 bytes. */
export function commitmentOf(salt: Uint8Array, body: unknown): string {
  if (salt.length !== SALT_BYTES) throw new RangeError(`a salt has ${SALT_BYTES} bytes`);
  const bytes = canonicalBytes(body);
  const salted = new Uint8Array(SALT_BYTES + bytes.length);
  salted.set(salt);
  salted.set(bytes, SALT_BYTES);
  return toBase64Url(sha256(salted));
}

/** Why a body does not open. */
export type OpeningRefusal = 'opening_missing' | 'bad_salt' | 'wrong_opening' | 'bad_body';

/**
 * The body of an envelope: the open one, or the one that `opening` holds, if salt and body hash to the commitment and
 * the body obeys its type's schema. An opening given for an open type is ignored.
 */
export function bodyOf<T extends StatementType>(
  { type, body }: Envelope<T>,
  opening?: Opening,
): Result<BodyOf<T>, OpeningRefusal> {
  if ('open' in body) return checkedBody(type, body.open);
  if (!opening) return refuse('opening_missing', `the body of this ${type} is off the log and its opening is needed`);
  const salt = bytesOfBase64url(opening.salt);
  if (salt?.length !== SALT_BYTES) return refuse('bad_salt', `salt is not base64url of ${SALT_BYTES} bytes`);
  if (!commits(body.commitment, salt, opening.body)) {
    return refuse('wrong_opening', `salt and body do not hash to the commitment of this ${type}`);
  }
  return checkedBody(type, opening.body);
}

/** Checks a body against its type's schema. */
export function checkedBody<T extends StatementType>(type: T, body: unknown): Result<BodyOf<T>, 'bad_body'> {
  const parsed = STATEMENT_TYPES[type].body.safeParse(body);
  if (!parsed.success) return refuse('bad_body', `${type}: ${z.prettifyError(parsed.error)}`.slice(0, 1000));
  return ok(parsed.data as BodyOf<T>);
}

function commits(commitment: string, salt: Uint8Array, body: unknown): boolean {
  try {
    return commitmentOf(salt, body) === commitment;
  } catch {
    return false;
  }
}

function openness(open: boolean): string {
  return open ? 'open and takes none' : `committed and needs ${SALT_BYTES} bytes`;
}
