import { type Instant, type Result, ok, refuse } from '@gridpact/kernel';
import {
  type BodyOf,
  type PublicKeyRecord,
  type Statement,
  isOfType,
  openBody,
  parseStatement,
  verifySignatures,
} from '@gridpact/statement';
import { type CodeRefusal, type EnrolmentCode, openCode } from './enrolment-code.js';

/** Party id of the registry in the log. */
export const REGISTRY = 'registry';

/** A registration that may be countersigned: what the party signed with its first key. */
export interface AcceptedRegistration {
  readonly statement: Statement<'party.registered'>;
  readonly code: EnrolmentCode;
  readonly key: PublicKeyRecord;
}

/** Why a registration is refused. */
export type RegistrationRefusal =
  | CodeRefusal
  | 'bad_statement'
  | 'wrong_type'
  | 'wrong_party'
  | 'wrong_body'
  | 'bad_key'
  | 'bad_signature'
  | 'key_in_use';

type Registered = Statement<'party.registered'>;

/**
 * Decides on a registration: the code must be open, the entry a `party.registered` about the code's party and by it,
 * with one sound key, and signed by exactly that key, which proves that the sender holds it.
 */
export function acceptRegistration(
  code: EnrolmentCode | undefined,
  entry: Uint8Array,
  now: Instant,
): Result<AcceptedRegistration, RegistrationRefusal> {
  const open = openCode(code, now);
  if (!open.ok) return open;
  const statement = registeredOf(entry);
  if (!statement.ok) return statement;
  const body = openBody(statement.value);
  if (!body.ok) return refuse('bad_statement', body.refusal.detail);
  const fits = fitsCode(statement.value, body.value, open.value);
  if (!fits.ok) return fits;
  const key = provenKey(statement.value, body.value);
  return key.ok ? ok({ statement: statement.value, code: open.value, key: key.value }) : key;
}

function registeredOf(entry: Uint8Array): Result<Registered, 'bad_statement' | 'wrong_type'> {
  const parsed = parseStatement(entry);
  if (!parsed.ok) return refuse('bad_statement', `${parsed.refusal.code}: ${parsed.refusal.detail}`);
  if (isOfType(parsed.value, 'party.registered')) return ok(parsed.value);
  return refuse('wrong_type', `a registration is a party.registered, not a ${parsed.value.envelope.type}`);
}

function fitsCode(
  { envelope }: Registered,
  body: BodyOf<'party.registered'>,
  code: EnrolmentCode,
): Result<void, 'wrong_party' | 'wrong_body'> {
  if ([body.party, envelope.by, envelope.subject].some((named) => named !== code.party)) {
    return refuse('wrong_party', `this code registers ${code.party}, as party, by and subject, and nobody else`);
  }
  if (body.role !== code.role) return refuse('wrong_body', `this code registers a ${code.role}, not a ${body.role}`);
  if (body.registrar !== REGISTRY) return refuse('wrong_body', `the registrar is ${REGISTRY}, not ${body.registrar}`);
  if (body.operator !== null) return refuse('wrong_body', `a ${code.role} has no operator`);
  if (envelope.parents.length > 0) return refuse('wrong_body', 'a registration follows from nothing');
  return ok(undefined);
}

/** Proof of possession: the one signature is by the one key that the body brings; the schema saw that it is sound. */
function provenKey(
  statement: Registered,
  { keys }: BodyOf<'party.registered'>,
): Result<PublicKeyRecord, 'bad_key' | 'bad_signature'> {
  const [key, second] = keys;
  if (!key || second) return refuse('bad_key', 'a registration brings exactly one key');
  if (statement.signatures.length !== 1)
    return refuse('bad_signature', 'a registration carries one signature, by its key');
  const verified = verifySignatures(statement, (kid) => (kid === key.kid ? key : undefined));
  return verified.ok ? ok(key) : refuse('bad_signature', verified.refusal.detail);
}
