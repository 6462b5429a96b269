import { type Result, ok, refuse } from '@gridpact/kernel';
import { inTransaction } from '@gridpact/platform/postgres';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { DisputeStore } from '../disputes/dispute-store.js';
import { type Job, JobStore } from '../jobs/job-store.js';
import { EventStore } from '../sources/event-store.js';
import { type Posting, type RunRow, RunStore, type StoredLine } from './run-store.js';
import { lineView, ownRunViews, runView, type RunView } from './run-views.js';

/** Lines of a user that are listed at most, newest first. */
const MAX_OWN_LINES = 500;

type Unknown = 'unknown_event' | 'unknown_run';
type LineView = ReturnType<typeof lineView> & { readonly dispute: string | null };
type Pending = Pick<Job, 'kind' | 'cause' | 'code' | 'detail'>;

/** What callers may see of runs; `party` null sees all. A foreign event is as unknown as one that is not. */
@Injectable()
export class RunReader {
  constructor(
    private readonly dataSource: DataSource,
    private readonly store: RunStore,
    private readonly events: EventStore,
    private readonly jobs: JobStore,
    private readonly disputes: DisputeStore,
  ) {}

  async runs(
    event: string,
    party: string | null,
  ): Promise<Result<{ event: string; runs: RunView[]; pending: Pending[] }, Unknown>> {
    const runs = await this.store.ofEvent(this.dataSource, event);
    const jobs = await this.jobs.ofEvent(this.dataSource, event);
    const isKnown = runs.length > 0 || jobs.length > 0 || (await this.events.isKnown(this.dataSource, event));
    if (!isKnown) return unknownEvent(event);
    if (party === null) return ok({ event, runs: runs.map(runView), pending: jobs.map(pendingOf) });
    const own = await this.store.lines(this.dataSource, { event, party });
    return own.length === 0 ? unknownEvent(event) : ok({ event, runs: ownRunViews(runs, own), pending: [] });
  }

  async lines(
    event: string,
    wanted: number | undefined,
    party: string | null,
  ): Promise<Result<{ event: string; run: number; statement: string; lines: LineView[] }, Unknown>> {
    const runs = await this.store.ofEvent(this.dataSource, event);
    if (runs.length === 0) return unknownEvent(event);
    const run = wanted === undefined ? runs.at(-1) : runs.find((one) => one.run === wanted);
    if (!run) return refuse('unknown_run', `event ${event} has no run ${wanted}`);
    const lines = await this.store.lines(this.dataSource, { event, run: run.run, party });
    if (lines.length === 0 && party !== null) return unknownEvent(event);
    return ok({ event, run: run.run, statement: run.statement, lines: await this.views(event, party, lines) });
  }

  async ofUser(user: string): Promise<{ lines: object[] }> {
    const lines = await this.store.linesOfUser(this.dataSource, user, MAX_OWN_LINES);
    const disputes = await this.disputes.list(this.dataSource, { party: user });
    return {
      lines: lines.map(({ runRow, ...line }) => ({
        ...lineView(line),
        ...namesOf(runRow),
        dispute: stateOf(disputes, line),
      })),
    };
  }

  async journal(event: string): Promise<Result<{ event: string; postings: Posting[] }, Unknown>> {
    const postings = await this.store.postings(this.dataSource, event);
    const runs = postings.length > 0 ? 1 : (await this.store.ofEvent(this.dataSource, event)).length;
    return runs > 0 ? ok({ event, postings }) : unknownEvent(event);
  }

  async requestFinal(
    event: string,
    cause: string,
  ): Promise<
    Result<{ event: string; kind: 'FINAL'; cause: string }, 'unknown_event' | 'not_settled' | 'already_final'>
  > {
    const runs = await this.store.ofEvent(this.dataSource, event);
    if (runs.length === 0 && !(await this.events.isKnown(this.dataSource, event)))
      return refuse('unknown_event', `no event is named ${event}`);
    if (runs.length === 0) return refuse('not_settled', `event ${event} has no initial run yet`);
    if (runs.some(({ kind }) => kind === 'FINAL')) return refuse('already_final', `event ${event} has its final run`);
    await inTransaction(this.dataSource, (tx) => this.jobs.request(tx, event, 'FINAL', cause));
    return ok({ event, kind: 'FINAL', cause });
  }

  private async views(event: string, party: string | null, lines: readonly StoredLine[]): Promise<LineView[]> {
    const disputes = await this.disputes.list(this.dataSource, { event, party });
    return lines.map((line) => ({ ...lineView(line), dispute: stateOf(disputes, line) }));
  }
}

function unknownEvent(event: string): Result<never, 'unknown_event'> {
  return refuse('unknown_event', `nothing of event ${event} is settled here for you`);
}

function pendingOf({ kind, cause, code, detail }: Job): Pending {
  return { kind, cause, code, detail };
}

function namesOf({ event, kind, cause, statement, sealed }: RunRow): object {
  return { event, kind, cause, statement, sealed };
}

/** State of the newest dispute about a line that the ledger did not refuse. */
function stateOf(
  disputes: readonly { event: string; line: string; state: string }[],
  { event, opening }: StoredLine,
): string | null {
  const own = disputes.filter((one) => one.event === event && one.line === opening.item.line);
  return own.filter(({ state }) => state !== 'refused').at(-1)?.state ?? null;
}
