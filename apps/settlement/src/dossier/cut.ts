import type { Evidence, SealedStatement } from '@gridpact/dossier';
import type { BodyOf, StatementType } from '@gridpact/statement';

/** For whom a dossier is cut. */
export interface Holder {
  readonly party: string;
  readonly role: 'power-company' | 'regulator' | 'aggregator' | 'user';
}

/** What is a party's own, read from the contracts, instructions, answers and disputes that name it. */
interface Own {
  readonly party: string;
  readonly enrolments: ReadonlySet<string>;
  readonly feeders: ReadonlySet<string>;
  readonly sites: ReadonlySet<string>;
  readonly instructions: ReadonlySet<string>;
  readonly answers: ReadonlySet<string>;
  readonly disputes: ReadonlySet<string>;
}

type Openable = { readonly [T in StatementType]?: (body: BodyOf<T>, own: Own) => boolean };

/** Which bodies of others concern a party; what it said itself it may always open. */
const CONCERNS: Openable = {
  'enrolment.agreed': ({ aggregator, user }, own) => aggregator === own.party || user === own.party,
  'standing-offer.signed': ({ enrolment }, own) => own.enrolments.has(enrolment),
  'nomination.revealed': ({ aggregator }, own) => aggregator === own.party,
  'award.issued': ({ aggregator }, own) => aggregator === own.party,
  'instruction.issued': ({ instruction }, own) => own.instructions.has(instruction),
  'curtailment.confirmed': ({ instruction }, own) => own.instructions.has(instruction),
  'curtailment.withdrawn': ({ confirmation }, own) => own.answers.has(confirmation),
  'outage.flagged': ({ feeder }, own) => own.feeders.has(feeder),
  'dispute.raised': ({ site }, own) => own.sites.has(site),
  'dispute.resolved': ({ dispute }, own) => own.disputes.has(dispute),
  'payment.ordered': ({ payer }, own) => payer === own.party,
  'payment.made': ({ payer }, own) => payer === own.party,
};

/**
 * The rule of the cut: which bodies a holder may open, of those that settlement may open itself. Power company and
 * regulator open all of them, an aggregator those of its own portfolio, a user its own.
 */
export function openableBy(holder: Holder, evidence: Evidence): (sealed: SealedStatement) => boolean {
  if (holder.role === 'power-company' || holder.role === 'regulator') return () => true;
  const own = ownOf(holder.party, evidence);
  return ({ statement, body }) => {
    if (statement.envelope.by === holder.party) return true;
    const concerns = CONCERNS[statement.envelope.type] as ((body: unknown, own: Own) => boolean) | undefined;
    return body !== undefined && concerns !== undefined && concerns(body, own);
  };
}

function ownOf(party: string, evidence: Evidence): Own {
  const contracts = evidence
    .opened('enrolment.agreed')
    .map(({ body }) => body)
    .filter(({ aggregator, user }) => aggregator === party || user === party);
  const sites = new Set(contracts.map(({ site }) => site));
  const instructions = evidence
    .opened('instruction.issued')
    .filter(({ statement, body }) => statement.envelope.by === party || body.user === party);
  const asked = new Set(instructions.map(({ body }) => body.instruction));
  const answers = evidence.opened('curtailment.confirmed').filter(({ body }) => asked.has(body.instruction));
  const disputes = evidence.opened('dispute.raised').filter(({ body }) => sites.has(body.site));
  return {
    party,
    enrolments: new Set(contracts.map(({ enrolment }) => enrolment)),
    feeders: new Set(contracts.map(({ feeder }) => feeder)),
    sites,
    instructions: asked,
    answers: new Set(answers.map(({ statement }) => statement.leafHash)),
    disputes: new Set(disputes.map(({ body }) => body.dispute)),
  };
}
