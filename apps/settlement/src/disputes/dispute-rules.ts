import { type Result, ok, refuse } from '@gridpact/kernel';
import {
  type BodyOf,
  type Opening,
  type PublicKeyRecord,
  type Statement,
  isOfType,
  openBody,
  parseStatement,
  verifySignatures,
} from '@gridpact/statement';

/** Why a statement is no dispute of this user. */
export type DisputeRefusal = 'bad_statement' | 'foreign_statement' | 'bad_signature';

/** A dispute as its user sent it. */
export interface RaisedDispute {
  readonly statement: Statement<'dispute.raised'>;
  readonly body: BodyOf<'dispute.raised'>;
}

/** Key of a party, as the log knows it. */
export type PartyKeyRecord = PublicKeyRecord & { readonly party: string };

/** Reads a dispute: of its type, opened, about what it says it is, said and signed by this user's own keys alone. */
export function readDispute(
  entry: Uint8Array,
  opening: Opening,
  user: string,
  keyOf: (kid: string) => PartyKeyRecord | undefined,
): Result<RaisedDispute, DisputeRefusal> {
  const parsed = parseStatement(entry);
  if (!parsed.ok) return refuse('bad_statement', `${parsed.refusal.code}: ${parsed.refusal.detail}`);
  const statement = parsed.value;
  if (!isOfType(statement, 'dispute.raised')) return refuse('bad_statement', 'the statement is no dispute.raised');
  const opened = openBody(statement, opening);
  if (!opened.ok) return refuse('bad_statement', `${opened.refusal.code}: ${opened.refusal.detail}`);
  const { by, subject, parents } = statement.envelope;
  if (by !== user) return refuse('foreign_statement', `the statement speaks for ${by}`);
  if (subject !== opened.value.event || !parents.includes(opened.value.settlement))
    return refuse('bad_statement', 'subject and parent of a dispute are the event and the run that it names');
  const signed = verifySignatures(statement, keyOf);
  if (!signed.ok) return refuse('bad_signature', signed.refusal.detail);
  if (signed.value.some(({ party }) => party !== user))
    return refuse('bad_signature', 'a dispute is signed by its user alone');
  return ok({ statement, body: opened.value });
}
