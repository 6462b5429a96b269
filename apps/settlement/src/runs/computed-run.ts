import { createHash } from 'node:crypto';
import { type EventFacts, type Evidence, type ProvenPart, settlementInputsOf } from '@gridpact/dossier';
import { decimal, ok, refuse, type Result } from '@gridpact/kernel';
import {
  type JournalEntry,
  type LineOutcome,
  type SettledOutputs,
  journalOf,
  lineAmounts,
  resettlementDifferences,
  settlementOutputs,
} from '@gridpact/settlement';
import { MAX_PARENTS, canonicalText } from '@gridpact/statement';

/** The run before: what was settled so far. */
export interface PreviousRun {
  readonly run: number;
  readonly statement: string;
  readonly inputsSha256: string;
  readonly lines: readonly LineOutcome[];
}

/** What a run says, before it is signed. */
export interface ComputedRun {
  readonly outputs: SettledOutputs;
  readonly inputsSha256: string;
  readonly outputsSha256: string;
  readonly differenceFen: bigint;
  readonly journal: readonly JournalEntry[];
  readonly parents: readonly string[];
}

/** Canonical inputs of a run, with their hash. */
export function runInputs(facts: EventFacts, parts: readonly ProvenPart[]): { text: string; sha256: string } {
  const text = canonicalText(settlementInputsOf(facts, parts));
  return { text, sha256: sha256Hex(text) };
}

/** Reads what the contract answered; a refusal of the contract refuses the run whole. */
export function outputsOf(text: string): Result<SettledOutputs, 'contract_refused'> {
  const outputs = settlementOutputs.parse(JSON.parse(text));
  return outputs.outcome === 'settled' ? ok(outputs) : refuse('contract_refused', `${outputs.code}: ${outputs.detail}`);
}

/** The run over outputs: its difference to the run before, and the journal of that difference alone. */
export function computedRun(
  inputsSha256: string,
  outputsText: string,
  outputs: SettledOutputs,
  parents: readonly string[],
  previous: PreviousRun | undefined,
): ComputedRun {
  const differences = resettlementDifferences(lineAmounts(previous?.lines ?? []), lineAmounts(outputs.lines));
  return {
    outputs,
    inputsSha256,
    outputsSha256: sha256Hex(outputsText),
    differenceFen: differences.reduce((sum, { amountFen }) => sum + amountFen, 0n),
    journal: journalOf(differences),
    parents,
  };
}

/** What a run follows from: clearing, the commitments whose parts it read, outages on its feeders, the run before. */
export function parentsOf(
  evidence: Evidence,
  facts: EventFacts,
  parts: readonly ProvenPart[],
  previous: PreviousRun | undefined,
): Result<string[], 'too_many_parents'> {
  const feeders = new Set(facts.sites.map(({ contract }) => contract.feeder));
  const outages = evidence.opened('outage.flagged').filter(({ body }) => feeders.has(body.feeder));
  const parents = [
    facts.clearingStatement,
    ...parts.map(({ statement }) => statement),
    ...outages.map(({ statement }) => statement.leafHash),
    ...(previous ? [previous.statement] : []),
  ];
  const named = [...new Set(parents)];
  if (named.length > MAX_PARENTS)
    return refuse('too_many_parents', `a run may name ${MAX_PARENTS} statements, this one needs ${named.length}`);
  return ok(named);
}

/** Totals as the statement carries them. */
export function sealedTotals({ outputs, differenceFen }: ComputedRun) {
  return { ...outputs.totals, differenceFen: decimal(differenceFen) };
}

function sha256Hex(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}
