import type { Policy } from '@gridpact/tlog';
import type { KeyRing } from '@gridpact/statement';
import type { DossierContent } from '../container.js';
import { Evidence } from '../evidence.js';
import { type EventFacts, factsOf } from '../facts.js';
import { checkBodies, checkParents, checkSignatures } from './chain.js';
import { checkClearing } from './clearing.js';
import { checkPromises } from './promises.js';
import { type Held, type Step, type VerificationReport, broken, step } from './report.js';
import { checkGenesis, checkReceipts } from './sealing.js';
import { checkSeries } from './series.js';
import { type ContractRunner, type ProvenPart, checkBundle, checkRuns } from './settlement.js';

interface Found {
  evidence?: Evidence;
  policy?: Policy;
  sandbox?: boolean;
  ring?: KeyRing;
  facts?: EventFacts;
  parts?: ProvenPart[];
}

/**
 * Verifies a dossier offline, step by step, and stops at the first broken link: entries and bodies, genesis and policy,
 * receipts under a quorum, signatures by keys valid in log order, parents, promises and deadlines, clearing, series,
 * rule bundle, settlement to the fen. `run` executes the sealed rule bundle.
 */
export async function verifyDossier(content: DossierContent, run: ContractRunner): Promise<VerificationReport> {
  const found: Found = {};
  const steps: Step[] = [];
  for (const [name, check] of checksOf(content, found, run)) {
    const done = await step(name, check);
    steps.push(done);
    if (done.outcome === 'failed') break;
  }
  return {
    valid: steps.every(({ outcome }) => outcome !== 'failed'),
    sandbox: found.sandbox ?? false,
    event: content.event,
    holder: content.holder.party,
    steps,
  };
}

type Check = readonly [name: string, check: () => Held | Promise<Held>];

function checksOf(content: DossierContent, found: Found, run: ContractRunner): Check[] {
  const evidence = (): Evidence => held(found.evidence);
  const facts = (): EventFacts => held(found.facts);
  const proof = () => ({
    evidence: evidence(),
    event: content.event,
    parts: held(found.parts),
    lines: content.batchItems,
    bundle: content.bundle,
  });
  return [
    ['entries and bodies', () => readBodies(content, found)],
    ['genesis and policy', () => readGenesis(content, found)],
    ['receipts and quorum', () => checkReceipts(evidence(), receiptsOf(content, evidence()), held(found.policy))],
    ['signatures and keys', () => keep(checkSignatures(evidence()), ({ ring }) => (found.ring = ring))],
    ['parents', () => checkParents(evidence())],
    ['promises and deadlines', () => checkPromises(evidence(), held(found.ring))],
    ['facts of the event', () => readFacts(content, found)],
    ['clearing and awards', () => checkClearing(evidence(), facts())],
    [
      'readings under sealed roots',
      () => keep(checkSeries(evidence(), content.series), ({ parts }) => (found.parts = parts)),
    ],
    ['rule bundle', () => checkBundle(proof(), facts())],
    ['settlement', () => checkRuns(proof(), run)],
  ];
}

function readBodies(content: DossierContent, found: Found): Held {
  const read = Evidence.of(content.statements);
  if (!read.ok) return broken(read.refusal.code, 'statements', read.refusal.detail);
  found.evidence = read.value;
  return checkBodies(read.value);
}

function readGenesis(content: DossierContent, found: Found): Held {
  const genesis = checkGenesis(held(found.evidence), content.policy);
  found.policy = genesis.policy;
  found.sandbox = genesis.sandbox;
  return genesis.held;
}

function readFacts(content: DossierContent, found: Found): Held {
  const facts = factsOf(held(found.evidence), content.event);
  if (!facts.ok) return broken(facts.refusal.code, content.event, facts.refusal.detail);
  found.facts = facts.value;
  const answered = facts.value.sites.filter(({ answer }) => answer !== undefined).length;
  return {
    checked: facts.value.sites.length,
    detail: `${facts.value.sites.length} instructed sites, ${answered} answered`,
  };
}

function receiptsOf(content: DossierContent, evidence: Evidence): Map<string, string> {
  const byIndex = new Map(content.statements.map(({ index, receipt }) => [index, receipt]));
  return new Map(evidence.statements.map(({ statement, index }) => [statement.leafHash, byIndex.get(index) ?? '']));
}

function keep<T extends { readonly held: Held }>(checked: T, take: (checked: T) => unknown): Held {
  take(checked);
  return checked.held;
}

function held<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('a step ran before the one that it needs');
  return value;
}
