import { required } from '@gridpact/kernel';
import { type LineOutcome, type SettledOutputs, settlementOutputs } from '@gridpact/settlement';
import { type BodyOf, canonicalText, verifyBatchOpening } from '@gridpact/statement';
import { sha256, toHex, utf8 } from '@gridpact/tlog';
import type { DossierBatchItem } from '../container.js';
import type { Evidence, SealedStatement } from '../evidence.js';
import { type EventFacts, factsOf } from '../facts.js';
import { type SeriesPart, settlementInputsOf } from '../inputs.js';
import { nameOf } from './chain.js';
import { type Held, broken } from './report.js';

/** Runs the sealed rule bundle: its text and the canonical inputs in, canonical outputs out. */
export type ContractRunner = (bundle: string, inputs: string) => Promise<string>;

type RunType = 'settlement.computed' | 'settlement.revised' | 'settlement.final';
type SealedRun = SealedStatement<RunType> & { readonly body: BodyOf<RunType> };

/** A series part with the statement that sealed it, by which a run names what it used. */
export interface ProvenPart extends SeriesPart {
  readonly statement: string;
}

/** Everything that settlement steps are checked against. */
export interface SettlementProof {
  readonly evidence: Evidence;
  readonly event: string;
  readonly parts: readonly ProvenPart[];
  readonly lines: readonly DossierBatchItem[];
  readonly bundle: string;
}

const RUN_TYPES = ['settlement.computed', 'settlement.revised', 'settlement.final'] as const;

/** The bundle in the dossier is the one whose hash the program published. */
export function checkBundle({ bundle }: SettlementProof, facts: EventFacts): Held {
  const hash = toHex(sha256(utf8(bundle)));
  if (hash !== facts.program.bundleSha256)
    broken('bundle_foreign', 'rule bundle', `it hashes to ${hash}, published was ${facts.program.bundleSha256}`);
  return { checked: 1, detail: `rule bundle ${hash}` };
}

/**
 * Settlement: for each run, inputs assembled from what stood in the log before it, the bundle run over them, and every
 * byte compared. With all sites at hand inputs, outputs and totals are compared too; a cut compares its own lines and
 * takes the totals from the sealed run.
 */
export async function checkRuns(proof: SettlementProof, run: ContractRunner): Promise<Held> {
  const runs = runsOf(proof.evidence, proof.event);
  let whole = runs.length > 0;
  let lines = 0;
  for (const [at, sealed] of runs.entries()) {
    const facts = requiredFacts(proof.evidence.before(sealed.index), proof.event);
    const outputs = await recompute(proof, sealed, facts, run);
    checkDifference(sealed, runs[at - 1]);
    lines += checkLines(proof, sealed, outputs.lines);
    if (facts.sites.length === sealed.body.totals.lines) checkTotals(sealed, outputs);
    else whole = false;
  }
  if (runs.length === 0) return { outcome: 'not-applicable', checked: 0, detail: 'the event is not settled yet' };
  const totals = whole ? 'inputs, outputs and totals agree byte for byte' : 'totals taken from the sealed runs';
  return {
    outcome: whole ? 'recomputed' : 'taken-from-sealed-total',
    checked: lines,
    detail: `${lines} lines of ${runs.length} runs recomputed to the fen; ${totals}`,
  };
}

/** Settlement runs of an event in log order. */
export function runsOf(evidence: Evidence, event: string): SealedRun[] {
  return RUN_TYPES.flatMap((type) => evidence.opened(type))
    .filter(({ body }) => body.event === event)
    .sort((a, b) => a.index - b.index);
}

async function recompute(
  proof: SettlementProof,
  sealed: SealedRun,
  facts: EventFacts,
  run: ContractRunner,
): Promise<SettledOutputs> {
  const used = new Set(sealed.statement.envelope.parents);
  const inputs = canonicalText(
    settlementInputsOf(
      facts,
      proof.parts.filter(({ statement }) => used.has(statement)),
    ),
  );
  const text = await run(proof.bundle, inputs);
  if (facts.sites.length === sealed.body.totals.lines) {
    agree(sealed, 'inputsSha256', digest(inputs), sealed.body.inputsSha256);
    agree(sealed, 'outputsSha256', digest(text), sealed.body.outputsSha256);
  }
  const outputs = settlementOutputs.parse(JSON.parse(text));
  if (outputs.outcome === 'refused')
    return broken(outputs.code, nameOf(sealed), `the rule bundle refuses the inputs: ${outputs.detail}`);
  return outputs;
}

function checkLines(proof: SettlementProof, sealed: SealedRun, recomputed: readonly LineOutcome[]): number {
  const own = proof.lines.filter(({ statement }) => statement === sealed.statement.leafHash);
  for (const { opening } of own) {
    const item = verifyBatchOpening(sealed.body.batch, opening);
    if (!item.ok)
      return broken(item.refusal.code, nameOf(sealed), `line of ${opening.recipient}: ${item.refusal.detail}`);
    const line = recomputed.find(({ line: id }) => id === opening.recipient);
    if (!line) return broken('line_foreign', nameOf(sealed), `line ${opening.recipient} follows from no instruction`);
    const [ours, theirs] = [canonicalText(line), canonicalText(item.value)];
    if (ours !== theirs)
      broken('line_differs', `${nameOf(sealed)}, line ${opening.recipient}`, firstDifference(line, item.value));
  }
  const missing = recomputed.find(({ line }) => !own.some(({ opening }) => opening.recipient === line));
  if (missing) broken('line_missing', nameOf(sealed), `line ${missing.line} has no opening in the dossier`);
  return own.length;
}

function checkTotals(sealed: SealedRun, { totals }: SettledOutputs): void {
  const { differenceFen } = sealed.body.totals;
  agree(sealed, 'totals', canonicalText({ ...totals, differenceFen }), canonicalText(sealed.body.totals));
  if (sealed.body.batch.count !== totals.lines)
    broken('batch_count', nameOf(sealed), `${sealed.body.batch.count} sealed lines, ${totals.lines} recomputed`);
}

/** The sum of runs is the current amount: each difference is this run's amount minus that of the run it supersedes. */
function checkDifference(sealed: SealedRun, before: SealedRun | undefined): void {
  const { totals, supersedes } = sealed.body;
  if ((before?.statement.leafHash ?? null) !== supersedes)
    broken('run_order', nameOf(sealed), 'it does not supersede the run before it');
  const difference = BigInt(totals.amountFen) - BigInt(before?.body.totals.amountFen ?? '0');
  agree(sealed, 'differenceFen', difference.toString(), totals.differenceFen);
}

function requiredFacts(evidence: Evidence, event: string): EventFacts {
  const facts = factsOf(evidence, event);
  return facts.ok ? facts.value : broken(facts.refusal.code, event, facts.refusal.detail);
}

function firstDifference(ours: LineOutcome, theirs: unknown): string {
  const sealed = (theirs ?? {}) as Partial<Record<string, unknown>>;
  const field = Object.entries(ours).find(
    ([name, value]) => canonicalText({ value }) !== canonicalText({ value: sealed[name] ?? null }),
  );
  const [name, value] = required(field, 'a field that differs');
  return `${name}: recomputed ${JSON.stringify(value)}, sealed ${JSON.stringify(sealed[name])}`;
}

function agree(sealed: SealedRun, figure: string, recomputed: string, stated: string): void {
  if (recomputed !== stated)
    broken('settlement_differs', nameOf(sealed), `${figure}: recomputed ${recomputed}, sealed ${stated}`);
}

function digest(text: string): string {
  return toHex(sha256(utf8(text)));
}
