import type { NominationSent } from '@gridpact/contracts';
import type { PriceBlock } from '@gridpact/dispatch';
import { ok, refuse, type Result } from '@gridpact/kernel';
import {
  checkSigners,
  isOfType,
  openBody,
  parseStatement,
  verifySignatures,
  type BodyOf,
  type Opening,
  type Statement,
} from '@gridpact/statement';
import type { KnownKey } from './party-keys.js';

/** Why a nomination message is not what it says. */
export type ArrivalRefusalCode = 'not_a_statement' | 'wrong_statement' | 'bad_signature' | 'bad_opening';

/** A nomination statement whose signature and, at the reveal, whose body are proved. */
export type Arrival =
  | { readonly kind: 'committed'; readonly statement: Statement; readonly commitment: string }
  | {
      readonly kind: 'revealed';
      readonly statement: Statement;
      readonly commitment: string;
      readonly blocks: readonly PriceBlock[];
      readonly opening: Opening;
    };

/** Thumbprints of the keys that a message claims to be signed with; none when it is no statement. */
export function claimedKeys(message: NominationSent): readonly string[] {
  const parsed = parseStatement(Buffer.from(message.entry, 'base64'));
  return parsed.ok ? parsed.value.signatures.map(({ kid }) => kid) : [];
}

/** Reads a nomination message: the aggregator that it names signed it, about that event, and its body opens. */
export function readArrival(
  message: NominationSent,
  keyOf: (kid: string) => KnownKey | undefined,
): Result<Arrival, ArrivalRefusalCode> {
  const parsed = parseStatement(Buffer.from(message.entry, 'base64'));
  if (!parsed.ok) return refuse('not_a_statement', parsed.refusal.detail);
  const statement = parsed.value;
  const { type, by, subject } = statement.envelope;
  if (type !== `nomination.${message.kind}` || by !== message.aggregator || subject !== message.event) {
    return refuse('wrong_statement', `a ${type} by ${by} about ${subject} is not what the message says it is`);
  }
  const signed = verifySignatures(statement, keyOf);
  if (!signed.ok) return refuse('bad_signature', signed.refusal.detail);
  const entitled = checkSigners(type, by, signed.value);
  if (!entitled.ok) return refuse('bad_signature', entitled.refusal.detail);
  return isOfType(statement, 'nomination.revealed') ? readReveal(statement, message) : committedOf(statement);
}

function committedOf(statement: Statement): Result<Arrival, never> {
  return ok({ kind: 'committed', statement, commitment: commitmentIn(statement) });
}

function readReveal(
  statement: Statement<'nomination.revealed'>,
  { opening, event, aggregator }: NominationSent,
): Result<Arrival, ArrivalRefusalCode> {
  const body = openBody(statement, opening);
  if (!body.ok || !opening) return refuse('bad_opening', body.ok ? 'no opening came along' : body.refusal.detail);
  if (body.value.event !== event || body.value.aggregator !== aggregator) {
    return refuse('bad_opening', `the body is about ${body.value.event} by ${body.value.aggregator}`);
  }
  const commitment = commitmentIn(statement);
  return ok({ kind: 'revealed', statement, commitment, blocks: blocksOf(body.value), opening });
}

function blocksOf({ blocks }: BodyOf<'nomination.revealed'>): PriceBlock[] {
  return blocks.map(({ watt, priceMicroCnyPerKwh }) => ({
    watt: BigInt(watt),
    priceMicroCnyPerKwh: BigInt(priceMicroCnyPerKwh),
  }));
}

function commitmentIn({ envelope }: Statement): string {
  if ('open' in envelope.body) throw new Error(`the body of a ${envelope.type} stands in clear`);
  return envelope.body.commitment;
}
