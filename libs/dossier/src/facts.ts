import { type Interval, type Result, instantOf, ok, refuse } from '@gridpact/kernel';
import type { BodyOf } from '@gridpact/statement';
import type { Evidence, SealedStatement } from './evidence.js';

type WattInterval = BodyOf<'instruction.issued'>['intervals'][number];

/** What the sealed statements say about one instructed site. */
export interface SiteFacts {
  readonly site: string;
  readonly contract: BodyOf<'enrolment.agreed'>;
  readonly contractStatement: string;
  readonly instruction: BodyOf<'instruction.issued'>;
  readonly instructionStatement: string;
  /** The answer that stands at last; undefined when the user never answered. */
  readonly answer: BodyOf<'curtailment.confirmed'> | undefined;
  readonly answerStatement: string | undefined;
  /** What the user answered to deliver per interval, before any withdrawal; empty when nothing. */
  readonly commitments: readonly WattInterval[];
  /** When the user left the running event; null when it stayed. */
  readonly withdrawnAt: string | null;
  /** Spans without supply on the site's feeder. */
  readonly outages: readonly Interval[];
}

/** What the sealed statements say about an event as a whole. */
export interface EventFacts {
  readonly event: BodyOf<'event.announced'>;
  readonly eventStatement: string;
  readonly program: BodyOf<'program.published'>;
  readonly programStatement: string;
  readonly clearing: BodyOf<'clearing.computed'>;
  readonly clearingStatement: string;
  /** Other events of the program announced before this one was cleared; their days never serve as baseline days. */
  readonly otherEvents: readonly BodyOf<'event.announced'>[];
  /** Instructed sites, ordered by site id. */
  readonly sites: readonly SiteFacts[];
}

/** Why the facts of an event cannot be read. */
export type FactsRefusal = 'event_missing' | 'program_missing' | 'clearing_missing' | 'contract_missing';

/**
 * Reads an event's facts from sealed statements alone. The program in force is the newest one published before the
 * announcement; of several answers to an instruction the one last in the log stands.
 */
export function factsOf(evidence: Evidence, eventId: string): Result<EventFacts, FactsRefusal> {
  const announced = evidence.opened('event.announced').find(({ body }) => body.event === eventId);
  if (!announced) return refuse('event_missing', `no event.announced of ${eventId} is among the statements`);
  const program = evidence
    .opened('program.published')
    .filter(({ body, index }) => body.program === announced.body.program && index < announced.index)
    .at(-1);
  if (!program)
    return refuse('program_missing', `no program.published of ${announced.body.program} precedes the event`);
  const clearing = evidence.opened('clearing.computed').find(({ body }) => body.event === eventId);
  if (!clearing) return refuse('clearing_missing', `no clearing.computed of ${eventId} is among the statements`);
  const sites = sitesOf(evidence, eventId);
  if (!sites.ok) return sites;
  return ok({
    event: announced.body,
    eventStatement: announced.statement.leafHash,
    program: program.body,
    programStatement: program.statement.leafHash,
    clearing: clearing.body,
    clearingStatement: clearing.statement.leafHash,
    otherEvents: evidence
      .opened('event.announced')
      .filter(({ index }) => index < clearing.index)
      .filter(({ body }) => body.program === announced.body.program && body.event !== eventId)
      .map(({ body }) => body),
    sites: sites.value,
  });
}

function sitesOf(evidence: Evidence, eventId: string): Result<SiteFacts[], 'contract_missing'> {
  const sites: SiteFacts[] = [];
  for (const instruction of evidence.opened('instruction.issued').filter(({ body }) => body.event === eventId)) {
    const contract = evidence.findOf('enrolment.agreed', instruction.body.enrolmentStatement);
    if (!contract?.body) {
      return refuse(
        'contract_missing',
        `the enrolment that instruction ${instruction.body.instruction} names is not open here`,
      );
    }
    sites.push(siteOf(evidence, instruction, contract.statement.leafHash, contract.body));
  }
  return ok(sites.sort((a, b) => (a.site < b.site ? -1 : 1)));
}

function siteOf(
  evidence: Evidence,
  instruction: SealedStatement<'instruction.issued'> & { readonly body: BodyOf<'instruction.issued'> },
  contractStatement: string,
  contract: BodyOf<'enrolment.agreed'>,
): SiteFacts {
  const { body } = instruction;
  const answer = evidence
    .opened('curtailment.confirmed')
    .filter((confirmed) => confirmed.body.instruction === body.instruction)
    .at(-1);
  const answerStatement = answer?.statement.leafHash;
  return {
    site: body.site,
    contract,
    contractStatement,
    instruction: body,
    instructionStatement: instruction.statement.leafHash,
    answer: answer?.body,
    answerStatement,
    commitments: answer && answer.body.answer !== 'declined' ? answer.body.intervals : [],
    withdrawnAt: answerStatement === undefined ? null : withdrawnAtOf(evidence, answerStatement),
    outages: outagesOf(evidence, contract.feeder),
  };
}

/** The earliest effective time of the withdrawals that name an answer. */
function withdrawnAtOf(evidence: Evidence, answerStatement: string): string | null {
  const times = evidence
    .opened('curtailment.withdrawn')
    .filter(({ body }) => body.confirmation === answerStatement)
    .map(({ body }) => body.effectiveAt);
  return times.sort()[0] ?? null;
}

/** All outages of a feeder that the log knows: earlier ones keep their days out of the baseline. */
function outagesOf(evidence: Evidence, feeder: string): Interval[] {
  return evidence
    .opened('outage.flagged')
    .filter(({ body }) => body.feeder === feeder)
    .map(({ body }) => ({ start: instantOf(body.start), end: instantOf(body.end) }))
    .sort((a, b) => a.start - b.start || a.end - b.end);
}
