import { type Result, ok, refuse } from '@gridpact/kernel';
import type { PartyRole } from './bodies/party.js';
import { STATEMENT_TYPES, type StatementRule, type StatementType } from './types.js';

/** For whom a verified signature speaks. */
export interface SignedBy {
  readonly kid: string;
  readonly party: string;
  readonly role: PartyRole;
  readonly use: string;
}

/** Why the right signatures are by the wrong parties. */
export type SignerRefusal = 'signer_missing' | 'signer_foreign' | 'by_not_signer';

/**
 * Checks who signed: the party in `by` is among them, each group of the type's rule is met, nobody else signed, and a
 * type under the rule of two people has a key of each use.
 */
export function checkSigners(
  type: StatementType,
  by: string,
  signedBy: readonly SignedBy[],
): Result<void, SignerRefusal> {
  const rule: StatementRule = STATEMENT_TYPES[type];
  if (!signedBy.some(({ party }) => party === by)) return refuse('by_not_signer', `${by} says it but did not sign it`);
  const missing = rule.signers.find((group) => !signedBy.some(({ role }) => group.includes(role)));
  if (missing) return refuse('signer_missing', `${type} needs a signature by ${missing.join(' or ')}`);
  const foreign = signedBy.find(({ role }) => !rule.signers.some((group) => group.includes(role)));
  if (foreign) return refuse('signer_foreign', `a ${foreign.role} may not sign ${type}`);
  const unused = rule.uses?.find((use) => !signedBy.some((key) => key.use === use && key.party === by));
  return unused ? refuse('signer_missing', `${type} needs the ${unused} key of ${by}`) : ok(undefined);
}
