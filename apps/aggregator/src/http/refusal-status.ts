import type { NominationRefusal } from '../nominations/nomination-rules.js';
import type { TakeAnswerRefusal } from '../answers/answers.service.js';
import type { TakeWithdrawalRefusal } from '../answers/withdrawals.service.js';
import type { SignRefusal } from '../enrolments/enrolments.service.js';
import type { TakeOfferRefusal } from '../enrolments/offers.service.js';
import type { ReceiptRefusal } from '../statements/statements.service.js';

/** Every reason for which a request is refused here. */
export type RequestRefusal =
  | NominationRefusal
  | ReceiptRefusal
  | SignRefusal
  | TakeAnswerRefusal
  | TakeOfferRefusal
  | TakeWithdrawalRefusal
  | 'unknown_tenant';

/** The one table from refusal codes to HTTP: 400 unreadable, 403 not you, 404 not yours, 409 not now, 422 not so. */
export const STATUS: Readonly<Record<RequestRefusal, number>> = {
  not_json: 400,
  not_canonical: 400,
  bad_form: 400,
  bad_header: 400,
  bad_envelope: 400,
  bad_body: 400,
  bad_salt: 400,
  body_form: 400,
  too_large: 400,
  opening_missing: 400,
  wrong_opening: 400,
  unknown_type: 400,
  unknown_suite: 400,
  signatures_unordered: 400,
  wrong_type: 400,
  bad_signature: 403,
  suite_mismatch: 403,
  foreign_statement: 403,
  unknown_tenant: 403,
  foreign_instruction: 404,
  unknown_confirmation: 404,
  unknown_enrolment: 404,
  unknown_event: 404,
  unknown_statement: 404,
  receipt_pending: 404,
  unknown_key: 409,
  deadline_passed: 409,
  deadline_open: 409,
  earlier_mismatch: 409,
  already_withdrawn: 409,
  already_nominated: 409,
  event_over: 409,
  gate_closed: 409,
  not_agreed: 409,
  offer_taken: 409,
  refused_by_ledger: 409,
  answer_inconsistent: 422,
  effective_in_past: 422,
  exceeds_instruction: 422,
  intervals_mismatch: 422,
  nothing_offered: 422,
  offer_ended: 422,
  over_price_cap: 422,
  wrong_reference: 422,
  wrong_via: 422,
};
