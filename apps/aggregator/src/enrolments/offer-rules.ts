import { type Instant, type Refusal, instantOf, refuse } from '@gridpact/kernel';
import type { BodyOf } from '@gridpact/statement';
import type { EnrolmentRow } from './enrolment.entity.js';

/** Why a standing offer is not taken. */
export type OfferRefusal = 'unknown_enrolment' | 'not_agreed' | 'wrong_reference' | 'offer_ended' | 'offer_taken';

/** A standing offer as it was sent. */
export interface SentOffer {
  readonly body: BodyOf<'standing-offer.signed'>;
  readonly subject: string;
  readonly parents: readonly string[];
  readonly receivedAt: Instant;
}

/** Judges a standing offer against the contract under which it is made; undefined when it is good. */
export function offerRefusal(
  enrolment: Pick<EnrolmentRow, 'enrolment' | 'statement'>,
  { body, subject, parents, receivedAt }: SentOffer,
): Refusal<OfferRefusal> | undefined {
  const { statement } = enrolment;
  if (!statement) return refuse('not_agreed', 'sign the enrolment first').refusal;
  if (subject !== enrolment.enrolment || parents.join() !== statement) {
    return refuse('wrong_reference', `the subject must be the enrolment and the only parent ${statement}`).refusal;
  }
  const until = instantOf(body.until);
  if (until <= receivedAt || until <= instantOf(body.from)) {
    return refuse('offer_ended', `an offer that ends at ${body.until} covers nothing`).refusal;
  }
  return undefined;
}
