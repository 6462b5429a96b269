import { randomBytes } from 'node:crypto';
import { type Instant, type Result, ok, refuse } from '@gridpact/kernel';
import { BUSINESS_CLOCK } from '@gridpact/platform/app';
import type { BusinessClock } from '@gridpact/platform/clock';
import { SALT_BYTES, type Statement, sealBatch } from '@gridpact/statement';
import { Inject, Injectable } from '@nestjs/common';
import type { Job } from '../jobs/job-store.js';
import { OwnVoice } from '../statements/own-voice.js';
import { sealedTotals } from './computed-run.js';
import { RunComputer, type RunRefusal, type Settlement } from './run-computer.js';
import { RunBook } from './run-book.js';
import type { SignedRun } from './run-message.js';
import type { RunKind, StoredRun } from './run-store.js';

const TYPES = {
  INITIAL: 'settlement.computed',
  TRUE_UP: 'settlement.revised',
  FINAL: 'settlement.final',
} as const satisfies Record<RunKind, string>;

/**
 * Runs settlement jobs: reads what is sealed, lets the sealed contract compute, signs, and commits run, lines, journal,
 * statement and messages at once. What was signed and not committed was never said, so a killed run begins anew.
 */
@Injectable()
export class RunService {
  constructor(
    private readonly computer: RunComputer,
    private readonly book: RunBook,
    private readonly voice: OwnVoice,
    @Inject(BUSINESS_CLOCK) private readonly clock: BusinessClock,
  ) {}

  async run(job: Job): Promise<Result<void, RunRefusal | 'not_settled'>> {
    const previous = await this.book.previous(job.event);
    if (job.kind === 'FINAL' && !previous) return refuse('not_settled', 'a final run follows an initial one');
    const settled = await this.computer.compute(job.event, previous);
    if (!settled.ok) return settled;
    const { computed } = settled.value;
    const unchanged = job.kind === 'RUN' && previous?.inputsSha256 === computed.inputsSha256;
    if (unchanged) await this.book.finish(job);
    else await this.book.save(job, await this.sign(job, settled.value));
    return ok(undefined);
  }

  private async sign(job: Job, settlement: Settlement): Promise<SignedRun> {
    const { computed, facts, previous, span } = settlement;
    const kind = job.kind === 'FINAL' ? 'FINAL' : previous ? 'TRUE_UP' : 'INITIAL';
    const at = this.clock.now();
    const items = computed.outputs.lines.map((item) => ({ recipient: item.line, item, salt: randomBytes(SALT_BYTES) }));
    const batch = sealBatch(items);
    const run = (previous?.run ?? 0) + 1;
    const supersedes = previous?.statement ?? null;
    const totals = sealedTotals(computed);
    const { inputsSha256, outputsSha256 } = computed;
    const hashes = { bundleSha256: facts.program.bundleSha256, inputsSha256, outputsSha256 };
    const { root, count } = batch;
    const named = { event: job.event, run, kind, cause: job.cause, supersedes } as const;
    const body = { ...named, ...hashes, totals, batch: { root, count } };
    const said = { at, subject: job.event, parents: computed.parents, body };
    const statement = await this.voice.say({ type: TYPES[kind], ...said });
    return { stored: storedRun(named, statement, inputsSha256, totals, span, at), batch, computed, statement };
  }
}

function storedRun(
  named: Pick<StoredRun, 'event' | 'run' | 'kind' | 'cause' | 'supersedes'>,
  { leafHash }: Statement,
  inputsSha256: string,
  totals: StoredRun['totals'],
  span: StoredRun['span'],
  at: Instant,
): StoredRun {
  return { ...named, statement: leafHash, inputsSha256, totals, span, at };
}
