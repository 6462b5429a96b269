import { topics } from '@gridpact/contracts';
import type { LineOutcome } from '@gridpact/settlement';
import type { SealedBatch, Statement } from '@gridpact/statement';
import type { ComputedRun } from './computed-run.js';
import type { StoredRun } from './run-store.js';

/** A run with everything that its transaction writes. */
export interface SignedRun {
  readonly stored: StoredRun;
  readonly batch: SealedBatch<LineOutcome>;
  readonly computed: ComputedRun;
  readonly statement: Statement;
}

/** Message that tells of a run. */
export function resultMessage({ event, run, kind, statement, totals }: StoredRun) {
  return { topic: topics.result, key: event, value: { event, run, kind, statement, totals } };
}
