import { type Result, ok, refuse } from '@gridpact/kernel';
import {
  bodyOf,
  canonicalText,
  parseCanonical,
  parseEnvelope,
  type Envelope,
  type Opening,
  type OpeningRefusal,
  type ParseRefusal,
  type StatementType,
} from '@gridpact/statement';
import { fromBase64Url, fromUtf8, TlogError, utf8 } from '@gridpact/tlog';

/** What each key of a party may say. A type that stands nowhere here is never signed, whoever asks. */
const ALLOWED = {
  operator: [
    'log.genesis',
    'clock.set',
    'program.published',
    'event.announced',
    'event.cancelled',
    'clearing.computed',
    'award.issued',
    'outage.flagged',
    'dispute.resolved',
    'payment.ordered',
    'payment.made',
  ],
  approver: ['event.announced', 'event.cancelled'],
  statements: [
    'log.genesis',
    'party.registered',
    'enrolment.agreed',
    'nomination.committed',
    'nomination.revealed',
    'instruction.issued',
    'curtailment.confirmed',
    'curtailment.withdrawn',
    'dispute.raised',
    'payment.ordered',
    'payment.made',
  ],
  regulator: ['log.genesis'],
} as const satisfies Record<string, readonly StatementType[]>;

/** What a key is for; also its name among the party's keys in the log. */
export type KeyUse = keyof typeof ALLOWED;

/** Every key use there is. */
export const KEY_USES: readonly string[] = Object.keys(ALLOWED);

/** Largest signing input: an entry's 65,535 bytes bound its payload already, base64url of it a third longer. */
export const MAX_SIGNING_INPUT_BYTES = 98_304;

/** Why a signer does not sign. */
export type SigningRefusal =
  | 'bad_signing_input'
  | 'bad_header'
  | 'wrong_alg'
  | 'wrong_kid'
  | ParseRefusal
  | OpeningRefusal
  | 'type_not_allowed'
  | 'foreign_party';

/** The key that is asked to sign, and for whom it speaks. */
export interface SigningContext {
  readonly party: string;
  readonly use: KeyUse;
  readonly kid: string;
  readonly production: boolean;
}

/** True for the name of a key use. */
export function isKeyUse(name: string): name is KeyUse {
  return Object.hasOwn(ALLOWED, name);
}

/**
 * Whether this key signs this: a JWS signing input (RFC 7515 section 5.1) whose header is exactly this key's for a
 * statement, and whose payload is a canonical envelope of a type that this key may say, spoken by this party. A statement
 * that several parties sign may be spoken by another, if it names this one; `opening` shows that where the body is sealed.
 */
export function judge(
  input: Uint8Array,
  context: SigningContext,
  opening: Opening | undefined,
): Result<Envelope, SigningRefusal> {
  const parts = partsOf(input);
  if (!parts) return refuse('bad_signing_input', 'a signing input is two base64url parts with a dot between');
  const header = judgeHeader(parts.header, context.kid);
  if (!header.ok) return header;
  const envelope = parseEnvelope(parts.payload);
  if (!envelope.ok) return envelope;
  const allowed = judgeType(envelope.value.type, context);
  if (!allowed.ok) return allowed;
  const party = judgeParty(envelope.value, context, opening);
  return party.ok ? envelope : party;
}

function partsOf(input: Uint8Array): { readonly header: Uint8Array; readonly payload: string } | undefined {
  if (input.length > MAX_SIGNING_INPUT_BYTES) return undefined;
  try {
    const [header, payload, ...rest] = fromUtf8(input).split('.');
    if (header === undefined || payload === undefined || rest.length > 0) return undefined;
    return { header: fromBase64Url(header), payload };
  } catch (error) {
    if (error instanceof TlogError) return undefined;
    throw error;
  }
}

function judgeHeader(bytes: Uint8Array, kid: string): Result<void, 'bad_header' | 'wrong_alg' | 'wrong_kid'> {
  const header = parseCanonical(bytes);
  if (!header.ok || typeof header.value !== 'object' || header.value === null) {
    return refuse('bad_header', 'the protected header is not canonical JSON');
  }
  const said: Readonly<Record<string, unknown>> = { ...header.value };
  if (said['alg'] !== 'Ed25519') return refuse('wrong_alg', 'this key signs with alg Ed25519 only');
  if (said['kid'] !== kid) return refuse('wrong_kid', `the protected header names another key than ${kid}`);
  const expected = utf8(canonicalText({ alg: 'Ed25519', kid, typ: 'gridpact-statement' }));
  if (fromUtf8(bytes) === fromUtf8(expected)) return ok(undefined);
  return refuse('bad_header', 'the protected header is not exactly {alg, kid, typ: gridpact-statement}');
}

function judgeType(type: StatementType, { use, production }: SigningContext): Result<void, 'type_not_allowed'> {
  const allowed: readonly StatementType[] = ALLOWED[use];
  if (!allowed.includes(type)) return refuse('type_not_allowed', `the ${use} key does not sign ${type}`);
  if (production && type === 'clock.set') return refuse('type_not_allowed', 'clock.set exists in a sandbox only');
  return ok(undefined);
}

function judgeParty(
  envelope: Envelope,
  context: SigningContext,
  opening: Opening | undefined,
): Result<void, OpeningRefusal | 'foreign_party'> {
  if (opening) {
    const body = bodyOf(envelope, opening);
    if (!body.ok) return body;
  }
  if (envelope.by === context.party) return ok(undefined);
  const named = namesParty(envelope, context, opening);
  if (!named.ok) return named;
  if (named.value) return ok(undefined);
  return refuse('foreign_party', `${envelope.by} says this, and it does not name ${context.party}`);
}

/** True when a statement that several parties sign names this one among them. */
function namesParty(
  envelope: Envelope,
  { party, kid }: SigningContext,
  opening: Opening | undefined,
): Result<boolean, OpeningRefusal> {
  const { type } = envelope;
  if (type === 'log.genesis') {
    const genesis = bodyOf({ ...envelope, type });
    if (!genesis.ok) return genesis;
    const record = genesis.value.parties.find((one) => one.party === party);
    return ok(record?.keys.some((key) => key.kid === kid) === true);
  }
  if (type === 'party.registered') {
    const body = bodyOf({ ...envelope, type });
    return body.ok ? ok([body.value.party, body.value.registrar, body.value.operator].includes(party)) : body;
  }
  if (type === 'enrolment.agreed') {
    const body = bodyOf({ ...envelope, type }, opening);
    return body.ok ? ok(body.value.aggregator === party) : body;
  }
  return ok(false);
}
