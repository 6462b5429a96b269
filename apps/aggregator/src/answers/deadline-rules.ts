import { instantOf } from '@gridpact/kernel';
import type { BodyOf } from '@gridpact/statement';
import type { Confirmation, Instruction, WattIntervals } from './answer-rules.js';

export type StandingOffer = BodyOf<'standing-offer.signed'>;

/** An offer with the leaf hash that an automatic answer names. */
export interface SignedOffer {
  readonly statement: string;
  readonly body: StandingOffer;
}

/** What no answer means in an enrolment's contract. */
export type Silence = BodyOf<'enrolment.agreed'>['silence'];

/**
 * The answer that stands in for a user who gave none by the deadline: what a standing offer allows, else what the
 * contract says of silence. Null when silence declines: then nothing is stated in the user's name.
 */
export function answerAtDeadline(
  asked: Instruction,
  offers: readonly SignedOffer[],
  silence: Silence,
): Confirmation | null {
  const offer = offers.find(({ body }) => covers(body, asked));
  if (offer)
    return answered(asked, capped(asked.intervals, offer.body), { via: 'standing-offer', offer: offer.statement });
  if (silence === 'accepted') return answered(asked, asked.intervals, { via: 'silence', offer: null });
  return null;
}

/**
 * True when the offer's price floor and time allow the whole instruction; its power only limits how much. It must hold
 * from the deadline, at which it answers, to the end of what is asked.
 */
function covers(offer: StandingOffer, asked: Instruction): boolean {
  const ends = instantOf(asked.intervals.at(-1)?.end ?? asked.confirmBy);
  const from = instantOf(offer.from);
  const until = instantOf(offer.until);
  const deadline = instantOf(asked.confirmBy);
  return (
    offer.enrolment === asked.enrolment &&
    BigInt(offer.floorPriceMicroCnyPerKwh) <= BigInt(asked.priceMicroCnyPerKwh) &&
    BigInt(offer.maximumWatt) > 0n &&
    from <= deadline &&
    deadline < until &&
    ends <= until
  );
}

function capped(intervals: WattIntervals, offer: StandingOffer): WattIntervals {
  const most = BigInt(offer.maximumWatt);
  return intervals.map((interval) =>
    BigInt(interval.watt) > most ? { ...interval, watt: offer.maximumWatt } : interval,
  );
}

function answered(
  asked: Instruction,
  intervals: WattIntervals,
  how: Pick<Confirmation, 'via' | 'offer'>,
): Confirmation {
  const full = intervals.every(({ watt }, at) => watt === asked.intervals[at]?.watt);
  const { instruction, event, site } = asked;
  return { instruction, event, site, answer: full ? 'full' : 'part', intervals, earlier: null, ...how };
}
