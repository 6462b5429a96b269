import type { Refusal } from '@gridpact/kernel';
import { type Policy, formatVkey, parsePolicy } from '@gridpact/tlog';
import { type Facts, type Said, parentBody } from './facts.js';
import { type RuleRefusal, unless } from './refusal.js';

type Verdict = Refusal<RuleRefusal> | undefined;

/** The genesis is the first entry and says of the log what the ledger was configured to be. */
export function logGenesis({ body }: Said<'log.genesis'>, { size, log }: Facts): Verdict {
  const same = body?.origin === log.origin && body.environment === log.environment;
  return (
    unless(size === 0, 'genesis_taken', 'the log was opened already') ??
    unless(same, 'genesis_mismatch', `this is ${log.origin}, ${log.environment}`) ??
    unless(samePolicy(body?.policy ?? '', log.policy), 'genesis_mismatch', 'the policy is not the one of /v1/policy')
  );
}

/** A sandbox may set its clock, production never. */
export function clockSet(_said: Said<'clock.set'>, { log }: Facts): Verdict {
  return unless(log.environment === 'sandbox', 'not_in_production', 'clock.set exists in a sandbox only');
}

/** An enrolment is agreed by exactly the two that it names, in the program that it follows from. */
export function enrolmentAgreed(said: Said<'enrolment.agreed'>, facts: Facts): Verdict {
  const { body, signedBy } = said;
  const parties = new Set(signedBy.map(({ party }) => party));
  const both = body && parties.size === 2 && parties.has(body.aggregator) && parties.has(body.user);
  const program = parentBody(said, facts, 'program.published')?.body.program;
  return (
    unless(both === true, 'foreign_signature', 'an enrolment is signed by its aggregator and its user') ??
    unless(program === body?.program, 'reference_mismatch', 'the program is not the parent')
  );
}

/** A standing offer is the enrolled user's own. */
export function standingOfferSigned(said: Said<'standing-offer.signed'>, facts: Facts): Verdict {
  const enrolment = parentBody(said, facts, 'enrolment.agreed')?.body;
  const own = enrolment?.enrolment === said.body?.enrolment && enrolment?.user === said.statement.envelope.by;
  return unless(own, 'reference_mismatch', 'the offer is not by the user of its enrolment');
}

/** URLs may differ (they move); keys, groups and quorum may not. */
function samePolicy(text: string, own: string): boolean {
  try {
    return keysOf(parsePolicy(text)) === keysOf(parsePolicy(own));
  } catch {
    return false;
  }
}

function keysOf({ logs, witnesses, groups, quorum }: Policy): string {
  const named = witnesses.map(({ name, vkey }) => `${name} ${formatVkey(vkey)}`);
  const grouped = groups.map(({ name, threshold, members }) => `${name} ${threshold} ${members.join()}`);
  return JSON.stringify([logs.map(({ vkey }) => formatVkey(vkey)), named, grouped, quorum]);
}
