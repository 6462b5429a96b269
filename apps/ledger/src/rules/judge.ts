import { type Refusal, type Result, ok } from '@gridpact/kernel';
import type { StatementType } from '@gridpact/statement';
import { type Claim, claimsOf } from './claims.js';
import * as event from './event-rules.js';
import type { Facts, Said } from './facts.js';
import * as party from './party-rules.js';
import { type RuleRefusal, unless } from './refusal.js';

type Verdict = Refusal<RuleRefusal> | undefined;
type Rule<T extends StatementType> = (said: Said<T>, facts: Facts) => Verdict;

type Group = readonly StatementType[];

const SETTLEMENTS: Group = ['settlement.computed', 'settlement.revised', 'settlement.final'];

/** What each type follows from (the table of the design): of each group, at least one parent. */
const FOLLOWS_FROM: { readonly [T in StatementType]?: readonly Group[] } = {
  'enrolment.agreed': [['program.published']],
  'standing-offer.signed': [['enrolment.agreed']],
  'event.announced': [['program.published']],
  'event.cancelled': [['event.announced']],
  'nomination.committed': [['event.announced']],
  'nomination.revealed': [['nomination.committed']],
  'clearing.computed': [['event.announced']],
  'award.issued': [['event.announced', 'clearing.computed']],
  'instruction.issued': [['award.issued'], ['enrolment.agreed']],
  'curtailment.confirmed': [['instruction.issued']],
  'curtailment.withdrawn': [['curtailment.confirmed']],
  'settlement.revised': [SETTLEMENTS],
  'settlement.final': [SETTLEMENTS],
  'dispute.raised': [SETTLEMENTS],
  'dispute.resolved': [['dispute.raised']],
  'payment.ordered': [SETTLEMENTS],
  'payment.made': [SETTLEMENTS],
};

/** Business rules by type, beyond signers, parents and claims. */
const RULES: { readonly [T in StatementType]?: Rule<T> } = {
  'log.genesis': party.logGenesis,
  'clock.set': party.clockSet,
  'enrolment.agreed': party.enrolmentAgreed,
  'standing-offer.signed': party.standingOfferSigned,
  'nomination.committed': event.nominationCommitted,
  'nomination.revealed': event.nominationRevealed,
  'instruction.issued': event.instructionIssued,
  'curtailment.confirmed': event.curtailmentConfirmed,
  'curtailment.withdrawn': event.curtailmentWithdrawn,
};

/**
 * Whether a statement whose signatures stand may follow what the log holds. Pure: the same facts give the same verdict.
 * Grants the claims that it then holds; of two statements with one claim, the later is refused.
 */
export function judge(said: Said, payloadHash: string, facts: Facts): Result<readonly Claim[], RuleRefusal> {
  const { type } = said.statement.envelope;
  const rule = RULES[type] as Rule<StatementType> | undefined;
  const claims = claimsOf(said, payloadHash);
  const refusal =
    unless(facts.size > 0 || type === 'log.genesis', 'genesis_missing', 'the log begins with log.genesis') ??
    subjectNamed(said) ??
    followsFrom(said, facts) ??
    rule?.(said, facts) ??
    taken(claims, facts);
  return refusal ? { ok: false, refusal } : ok(claims);
}

/** The subject is the event, or else the party, enrolment or program, that the body names. */
function subjectNamed({ statement, body }: Said): Verdict {
  const { type, subject } = statement.envelope;
  if (type === 'log.genesis' || type === 'clock.set') {
    return unless(subject === 'log', 'subject_mismatch', `the subject of ${type} is "log"`);
  }
  const named: Readonly<Record<string, unknown>> = { ...body };
  const expected = named['event'] ?? named['party'] ?? named['enrolment'] ?? named['program'];
  const same = typeof expected !== 'string' || expected === subject;
  return unless(same, 'subject_mismatch', `the subject of this ${type} is ${String(expected)}`);
}

function taken(claims: readonly Claim[], facts: Facts): Verdict {
  for (const { scope, key, replaces } of claims) {
    const holder = facts.holder(scope, key);
    if (scope === 'envelope' && holder) return { code: 'already_sealed', detail: `sealed already as ${holder}` };
    if (holder !== (replaces ?? undefined)) return { code: 'already_said', detail: spokenFor(scope, key, holder) };
  }
  return undefined;
}

function spokenFor(scope: string, key: string, holder: string | undefined): string {
  return `${scope} ${key}: ${holder ? `${holder} stands` : 'there is nothing to replace'}`;
}

/** Refuses a statement that does not follow from what its type must follow from. */
function followsFrom({ statement }: Said, facts: Facts): Verdict {
  const { type, parents } = statement.envelope;
  const types = parents.map((parent) => facts.known(parent)?.statement.envelope.type);
  const missing = FOLLOWS_FROM[type]?.find((group) => !types.some((parent) => parent && group.includes(parent)));
  return unless(missing === undefined, 'parent_missing', `${type} must follow from ${missing?.join(' or ')}`);
}
