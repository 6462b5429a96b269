import { IntakeClosed } from '../integrate/sequencer.js';
import { RefusedError } from '@gridpact/platform/http';
import type { LedgerRefusal } from '../rules/refusal.js';

/** HTTP status of each refusal: 400 what cannot be read, 401 signatures, 403 roles, 409 order, 422 rules. */
export const STATUS_OF_REFUSAL: Readonly<Record<LedgerRefusal, number>> = {
  too_large: 413,
  not_json: 400,
  not_canonical: 400,
  bad_form: 400,
  bad_header: 400,
  unknown_suite: 400,
  signatures_unordered: 400,
  bad_envelope: 400,
  unknown_type: 400,
  body_form: 400,
  bad_body: 400,
  bad_promise: 400,
  bad_salt: 400,
  opening_missing: 400,
  wrong_opening: 400,
  unknown_key: 401,
  suite_mismatch: 401,
  bad_signature: 401,
  signer_missing: 403,
  signer_foreign: 403,
  by_not_signer: 403,
  key_foreign: 403,
  foreign_signature: 403,
  not_in_production: 403,
  party_taken: 409,
  party_unknown: 409,
  key_taken: 409,
  key_unknown: 409,
  genesis_missing: 409,
  genesis_taken: 409,
  already_sealed: 409,
  already_said: 409,
  unknown_parent: 409,
  genesis_mismatch: 422,
  subject_mismatch: 422,
  parent_missing: 422,
  reference_mismatch: 422,
  promise_missing: 422,
  promise_mismatch: 422,
  received_late: 422,
  offer_invalid: 422,
  silence_invalid: 422,
  reveal_mismatch: 422,
};

/** A closed intake as the problem that a sender sees; anything else as it came. */
export function closedProblem(error: unknown): unknown {
  if (!(error instanceof IntakeClosed)) return error;
  return new RefusedError({ code: error.reason === 'busy' ? 'ledger_busy' : 'log_frozen', detail: error.message }, 503);
}
