import { type EventFacts, type ProvenPart } from '@gridpact/dossier';
import { type Interval, type Result, ok } from '@gridpact/kernel';
import { Inject, Injectable } from '@nestjs/common';
import { SETTLEMENT_CONFIG, type SettlementConfig } from '../config.js';
import { provenParts } from '../series/series-check.js';
import { type ComputedRun, type PreviousRun, computedRun, outputsOf, parentsOf, runInputs } from './computed-run.js';
import { runInWorker } from './contract-worker.js';
import { ruleBundle } from './rule-bundle.js';
import { type EvidenceRefusal, type RunEvidence, RunEvidenceReader } from './run-evidence.js';

/** Why a run is not made; nothing is half settled. */
export type RunRefusal =
  EvidenceRefusal | 'part_unproven' | 'bundle_mismatch' | 'contract_refused' | 'too_many_parents';

/** A run that was computed, with the facts that it follows from. */
export interface Settlement {
  readonly computed: ComputedRun;
  readonly facts: EventFacts;
  readonly span: Interval;
  readonly previous: PreviousRun | undefined;
}

/** Computes a run from sealed statements and proven series with the sealed contract; writes nothing. */
@Injectable()
export class RunComputer {
  constructor(
    private readonly evidence: RunEvidenceReader,
    @Inject(SETTLEMENT_CONFIG) private readonly config: SettlementConfig,
  ) {}

  async compute(event: string, previous: PreviousRun | undefined): Promise<Result<Settlement, RunRefusal>> {
    const read = await this.evidence.read(event);
    if (!read.ok) return read;
    const { evidence, facts, span } = read.value;
    const bundle = await ruleBundle(this.config.GRIDPACT_RULE_BUNDLE, facts.program.bundleSha256);
    if (!bundle.ok) return bundle;
    const parts = provenSeries(read.value);
    if (!parts.ok) return parts;
    const parents = parentsOf(evidence, facts, parts.value, previous);
    if (!parents.ok) return parents;
    const inputs = runInputs(facts, parts.value);
    const text = await runInWorker(bundle.value, inputs.text);
    const outputs = outputsOf(text);
    if (!outputs.ok) return outputs;
    const computed = computedRun(inputs.sha256, text, outputs.value, parents.value, previous);
    return ok({ computed, facts, span, previous });
  }
}

function provenSeries({ evidence, series }: RunEvidence): Result<ProvenPart[], 'part_unproven'> {
  const parts: ProvenPart[] = [];
  for (const [meter, handed] of series) {
    const proven = provenParts(evidence, meter, handed);
    if (!proven.ok) return proven;
    parts.push(...proven.value);
  }
  return ok(parts);
}
