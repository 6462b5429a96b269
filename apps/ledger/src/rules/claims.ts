import type { BodyOf, StatementType } from '@gridpact/statement';
import { type Said, saysType } from './facts.js';

/**
 * Something that only one statement may say. `replaces` is given where a later statement may follow an earlier one, and
 * then names the present holder (null: there must be none).
 */
export interface Claim {
  readonly scope: string;
  readonly key: string;
  readonly replaces?: string | null;
}

type ClaimsOf<T extends StatementType> = (body: BodyOf<T>) => readonly Claim[];

const settlementRun = ({ event, run }: { event: string; run: number }): Claim[] => [
  { scope: 'settlement', key: `${event} ${run}` },
];

/** What each type claims through its body. */
const CLAIMS: { readonly [T in StatementType]?: ClaimsOf<T> } = {
  'clock.set': ({ revision }) => [{ scope: 'clock', key: String(revision) }],
  'program.published': ({ program, rulePack }) => [{ scope: 'program', key: `${program} ${rulePack.version}` }],
  'enrolment.agreed': ({ enrolment, site, program }) => [
    { scope: 'enrolment', key: enrolment },
    { scope: 'site', key: `${site} ${program}` },
  ],
  'standing-offer.signed': ({ offer }) => [{ scope: 'offer', key: offer }],
  'event.announced': ({ event }) => [{ scope: 'event', key: event }],
  'event.cancelled': ({ event }) => [{ scope: 'cancellation', key: event }],
  'clearing.computed': ({ event }) => [{ scope: 'clearing', key: event }],
  'award.issued': ({ event, aggregator }) => [{ scope: 'award', key: `${event} ${aggregator}` }],
  'instruction.issued': ({ instruction }) => [{ scope: 'instruction', key: instruction }],
  'curtailment.confirmed': ({ instruction, earlier }) => [
    { scope: 'confirmation', key: instruction, replaces: earlier },
  ],
  'curtailment.withdrawn': ({ confirmation }) => [{ scope: 'withdrawal', key: confirmation }],
  'telemetry.committed': ({ commitment }) => [{ scope: 'commitment', key: commitment }],
  'settlement.computed': settlementRun,
  'settlement.revised': settlementRun,
  'settlement.final': settlementRun,
  'dispute.raised': ({ dispute }) => [{ scope: 'dispute', key: dispute }],
  'dispute.resolved': ({ dispute }) => [{ scope: 'ruling', key: dispute }],
};

/** All claims of a statement; its envelope, whoever signed it, is itself said once only. */
export function claimsOf(said: Said, payloadHash: string): readonly Claim[] {
  const envelope = { scope: 'envelope', key: payloadHash };
  const reveal = saysType(said, 'nomination.revealed') ? revealOf(said) : [];
  const claims = CLAIMS[said.statement.envelope.type] as ((body: unknown) => readonly Claim[]) | undefined;
  return [envelope, ...reveal, ...(claims && said.body !== undefined ? claims(said.body) : [])];
}

/** A commitment is revealed once; the rule of reveals has checked that a parent is one. */
function revealOf({ statement }: Said): readonly Claim[] {
  return statement.envelope.parents.map((parent) => ({ scope: 'reveal', key: parent }));
}
