import { type Instant, type Refusal, formatInstant, instantOf } from '@gridpact/kernel';
import type { BodyOf } from '@gridpact/statement';
import { type Facts, type Said, bodyOfKnown, parentBody } from './facts.js';
import { type RuleRefusal, unless } from './refusal.js';

type Verdict = Refusal<RuleRefusal> | undefined;

/** A nomination speaks for the aggregator that signs it. */
export function nominationCommitted({ statement, body }: Said<'nomination.committed'>): Verdict {
  const own = body === undefined || body.aggregator === statement.envelope.by;
  return unless(own, 'reference_mismatch', 'a nomination names another aggregator than its speaker');
}

/** A reveal opens what was committed: same aggregator, same salt and body, hence the same commitment. */
export function nominationRevealed(said: Said<'nomination.revealed'>, facts: Facts): Verdict {
  const { by, parents, body } = said.statement.envelope;
  const committed = parents.map((parent) => facts.known(parent)?.statement.envelope);
  const [only, more] = committed.filter((envelope) => envelope?.type === 'nomination.committed');
  const same = JSON.stringify(only?.body) === JSON.stringify(body) && only?.by === by && !more;
  return (
    unless(same, 'reveal_mismatch', 'salt and body are not the ones that this aggregator committed to') ??
    unless(said.body?.aggregator === by, 'reference_mismatch', 'a nomination names another aggregator than its speaker')
  );
}

/** An instruction goes to the user and site of the enrolment that it names, out of an award to its own aggregator. */
export function instructionIssued(said: Said<'instruction.issued'>, facts: Facts): Verdict {
  const { by, parents } = said.statement.envelope;
  const award = parentBody(said, facts, 'award.issued');
  const enrolment = parentBody(said, facts, 'enrolment.agreed');
  const body = said.body;
  const named = body && parents.includes(body.award) && parents.includes(body.enrolmentStatement);
  const awarded = award?.body.aggregator === by && award.body.event === body?.event;
  const enrolled =
    enrolment?.body.aggregator === by && enrolment.body.user === body?.user && enrolment.body.site === body.site;
  return (
    unless(named === true, 'reference_mismatch', 'award and enrolment of an instruction must be its parents') ??
    unless(awarded, 'reference_mismatch', `the award is not ${by}'s for this event`) ??
    unless(enrolled, 'reference_mismatch', `the enrolment is not between ${by} and this user for this site`)
  );
}

/** An answer is in time and by who may give it: the user's key, or the aggregator naming an offer or silence. */
export function curtailmentConfirmed(said: Said<'curtailment.confirmed'>, facts: Facts): Verdict {
  const instruction = parentBody(said, facts, 'instruction.issued');
  const answer = said.body;
  if (!instruction || !answer || !names(answer, instruction.body)) {
    return {
      code: 'reference_mismatch',
      detail: 'the answer names another instruction, event or site than its parent',
    };
  }
  if (!said.promise) return { code: 'promise_missing', detail: 'without a promise nobody knows when it was received' };
  const about = { instruction: instruction.body, aggregator: instruction.by, receivedAt: said.promise.receivedAt };
  switch (answer.via) {
    case 'phone':
      return inTime(about) ?? signedOnlyBy(said, instruction.body.user);
    case 'standing-offer':
      return inTime(about) ?? signedOnlyBy(said, instruction.by) ?? underOffer(answer, about, facts);
    case 'silence':
      return signedOnlyBy(said, instruction.by) ?? bySilence(answer, about, facts);
  }
}

/** A user leaves with a key of its own, or its aggregator records it. */
export function curtailmentWithdrawn(said: Said<'curtailment.withdrawn'>, facts: Facts): Verdict {
  const confirmation = parentBody(said, facts, 'curtailment.confirmed');
  const known = facts.known(said.body?.confirmation ?? '');
  const instruction = instructionOf(known?.statement.envelope.parents ?? [], facts);
  const named = confirmation && confirmation.leafHash === said.body?.confirmation && instruction;
  if (!named) return { code: 'reference_mismatch', detail: 'a withdrawal names the confirmation that is its parent' };
  const may = said.signedBy.every(({ party }) => [instruction.body.user, instruction.by].includes(party));
  return unless(may, 'foreign_signature', 'only the user or its aggregator withdraws');
}

interface About {
  readonly instruction: BodyOf<'instruction.issued'>;
  readonly aggregator: string;
  readonly receivedAt: Instant;
}

function names(answer: BodyOf<'curtailment.confirmed'>, instruction: BodyOf<'instruction.issued'>): boolean {
  return (
    answer.instruction === instruction.instruction &&
    answer.event === instruction.event &&
    answer.site === instruction.site
  );
}

/** `receivedAt` decides; the deadline itself is still in time. */
function inTime({ instruction, receivedAt }: About): Verdict {
  const late = receivedAt > instantOf(instruction.confirmBy);
  return unless(!late, 'received_late', `received ${formatInstant(receivedAt)}, asked by ${instruction.confirmBy}`);
}

function signedOnlyBy({ signedBy }: Said, party: string): Verdict {
  const only = signedBy.every((key) => key.party === party);
  return unless(only, 'foreign_signature', `this answer must be signed by ${party}`);
}

/** The offer that is named covers power, price, enrolment and moment. */
function underOffer(answer: BodyOf<'curtailment.confirmed'>, about: About, facts: Facts): Verdict {
  const { instruction, receivedAt } = about;
  const known = facts.known(answer.offer ?? '');
  const offer = bodyOfKnown(known, 'standing-offer.signed');
  if (!offer || known?.statement.envelope.by !== instruction.user || offer.enrolment !== instruction.enrolment) {
    return { code: 'offer_invalid', detail: 'no standing offer of this user and enrolment is named' };
  }
  const valid = instantOf(offer.from) <= receivedAt && receivedAt < instantOf(offer.until);
  const bounded = answer.intervals.every(({ watt }) => BigInt(watt) <= BigInt(offer.maximumWatt));
  const paid = BigInt(instruction.priceMicroCnyPerKwh) >= BigInt(offer.floorPriceMicroCnyPerKwh);
  return (
    unless(valid, 'offer_invalid', `the offer holds from ${offer.from} until ${offer.until}`) ??
    unless(bounded, 'offer_invalid', `the offer goes up to ${offer.maximumWatt} W`) ??
    unless(paid, 'offer_invalid', `the offer asks for ${offer.floorPriceMicroCnyPerKwh} micro-CNY per kWh at least`)
  );
}

/** Silence means after the deadline what the enrolment says it means, and replaces no answer. */
function bySilence(answer: BodyOf<'curtailment.confirmed'>, about: About, facts: Facts): Verdict {
  const { instruction, receivedAt } = about;
  const enrolment = bodyOfKnown(facts.known(instruction.enrolmentStatement), 'enrolment.agreed');
  const meant = enrolment?.silence === 'accepted' ? 'full' : 'declined';
  return (
    unless(receivedAt >= instantOf(instruction.confirmBy), 'silence_invalid', 'the deadline has not passed') ??
    unless(answer.earlier === null, 'silence_invalid', 'an answer was given') ??
    unless(enrolment !== undefined && answer.answer === meant, 'silence_invalid', `silence means ${meant} here`)
  );
}

function instructionOf(parents: readonly string[], facts: Facts) {
  for (const parent of parents) {
    const known = facts.known(parent);
    const body = bodyOfKnown(known, 'instruction.issued');
    if (known && body) return { body, by: known.statement.envelope.by };
  }
  return undefined;
}
