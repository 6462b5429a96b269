import type { Refusal } from '@gridpact/kernel';
import type {
  KeyRefusal,
  PromiseRefusal,
  SignatureRefusal,
  SignerRefusal,
  StatementRefusal,
} from '@gridpact/statement';

/** Why a well-signed statement breaks the order or the business rules of the log. */
export type RuleRefusal =
  | 'genesis_missing'
  | 'genesis_taken'
  | 'genesis_mismatch'
  | 'not_in_production'
  | 'subject_mismatch'
  | 'parent_missing'
  | 'reference_mismatch'
  | 'already_sealed'
  | 'already_said'
  | 'promise_missing'
  | 'promise_mismatch'
  | 'received_late'
  | 'foreign_signature'
  | 'offer_invalid'
  | 'silence_invalid'
  | 'reveal_mismatch';

/** Every code with which the ledger refuses a statement: a closed set, answered to the sender. */
export type LedgerRefusal =
  StatementRefusal | SignatureRefusal | SignerRefusal | KeyRefusal | PromiseRefusal | RuleRefusal | 'unknown_parent';

/** A refusal of a rule when the condition does not hold. */
export function unless(holds: boolean, code: RuleRefusal, detail: string): Refusal<RuleRefusal> | undefined {
  return holds ? undefined : { code, detail };
}
