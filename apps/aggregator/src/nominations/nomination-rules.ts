import { type Instant, type Result, formatInstant, ok, refuse } from '@gridpact/kernel';
import type { BodyOf } from '@gridpact/statement';
import type { EventRow } from '../events/event.entity.js';

export type Nomination = BodyOf<'nomination.committed'>;

/** Why a nomination is not sent; the dispatcher may refuse more. */
export type NominationRefusal =
  'unknown_event' | 'gate_closed' | 'over_price_cap' | 'nothing_offered' | 'already_nominated';

/** What a nomination is judged by here. */
export type NominatedEvent = Pick<EventRow, 'event' | 'state' | 'gateClosesAt' | 'announced'>;

/** Judges a nomination before it is signed, so that nothing goes out that cannot count. */
export function judgeNomination(
  event: NominatedEvent,
  body: Nomination,
  now: Instant,
): Result<Nomination, NominationRefusal> {
  if (event.state !== 'announced' || now >= event.gateClosesAt) {
    return refuse('gate_closed', `the gate closed at ${formatInstant(event.gateClosesAt)}`);
  }
  const cap = BigInt(event.announced.priceCapMicroCnyPerKwh);
  if (body.blocks.some(({ priceMicroCnyPerKwh }) => BigInt(priceMicroCnyPerKwh) > cap)) {
    return refuse('over_price_cap', `no block may cost more than ${cap} micro-CNY per kWh`);
  }
  if (body.blocks.every(({ watt }) => watt === '0')) return refuse('nothing_offered', 'every block offers 0 W');
  return ok(body);
}
