import { randomBytes } from 'node:crypto';
import { topics } from '@gridpact/contracts';
import { type Instant, formatInstant, localDateOf, localDayOf } from '@gridpact/kernel';
import { submissionOf } from '@gridpact/platform/ledger-client';
import { Outbox } from '@gridpact/platform/outbox';
import { inTransaction, type Transaction } from '@gridpact/platform/postgres';
import { SALT_BYTES, type Signer, type Statement, sealBatch } from '@gridpact/statement';
import { intervalRecords, seriesItemOf } from '@gridpact/telemetry';
import { DataSource } from 'typeorm';
import { type Source, holdSeries, observationsIn } from '../series/observation-store.js';
import { findUnsealed, strikeUnsealed } from '../series/unsealed-store.js';
import { countNamed, findEndedEvents, metersIn, saveCommitment } from './commitment-store.js';
import { type OpenWindow, type SealJob, dueJobs, windowJob } from './seal-job.js';
import { type NewPart, signSeal } from './seal-statement.js';

/** Characters of an event's id that its commitments' names carry; a name has 100 at most. */
const MAX_NAMED_CHARS = 80;

/** Seals what is due: closed days, event windows, corrections of what was sealed before. Safe to call at any time. */
export class Sealer {
  constructor(
    private readonly dataSource: DataSource,
    private readonly outbox: Outbox,
    private readonly signer: Signer,
    private readonly zone: string,
  ) {}

  /** True when something is due at a business instant; takes no lock. */
  async isDue(now: Instant): Promise<boolean> {
    return (await this.jobs(this.dataSource, now)).length > 0;
  }

  /** Seals everything that is due at a business instant, all in one transaction; gives the number of statements. */
  sealDue(now: Instant): Promise<number> {
    return inTransaction(this.dataSource, async (tx) => {
      await holdSeries(tx);
      let sealed = 0;
      for (const job of await this.jobs(tx, now)) sealed += (await this.seal(tx, job, now)) ? 1 : 0;
      return sealed;
    });
  }

  private async jobs(source: Source, now: Instant): Promise<SealJob[]> {
    const windows = await this.openWindows(source);
    return [...windows.flatMap((window) => windowJob(window, now)), ...dueJobs(await findUnsealed(source), now)];
  }

  private async openWindows(source: Source): Promise<OpenWindow[]> {
    const windows: OpenWindow[] = [];
    for (const { event, startsAt, endsAt } of await findEndedEvents(source)) {
      const span = { start: localDayOf(this.zone, startsAt).start, end: endsAt };
      windows.push({ event, span, ...(await metersIn(source, span)) });
    }
    return windows;
  }

  /** Seals one job; what turns out unchanged, such as an older value that arrived late, is struck off and not sealed. */
  private async seal(tx: Transaction, job: SealJob, now: Instant): Promise<boolean> {
    const parts = (await partsOf(tx, job)).filter(({ item, oldRoot }) => item.root !== oldRoot);
    await strikeUnsealed(tx, job.wanted);
    if (parts.length === 0) return false;
    const batch = sealBatch(parts.map(({ item }) => ({ recipient: item.meter, item, salt: randomBytes(SALT_BYTES) })));
    const commitment = await this.nameOf(tx, job);
    const statement = await signSeal(job, { commitment, at: now, signer: this.signer }, batch, parts);
    await saveCommitment(tx, { statement: statement.leafHash, commitment, job, sealedAt: now }, parts, batch.openings);
    await this.tell(tx, job, commitment, statement, parts.length);
    return true;
  }

  private async tell(
    tx: Transaction,
    { kind, event, span, corrects }: SealJob,
    commitment: string,
    statement: Statement,
    meters: number,
  ): Promise<void> {
    await this.outbox.add(tx, submissionOf(statement.entry, { audience: [] }));
    const [from, to] = [formatInstant(span.start), formatInstant(span.end)];
    const value = {
      commitment,
      kind,
      event: event?.id ?? null,
      from,
      to,
      statement: statement.leafHash,
      corrects,
      meters,
    };
    await this.outbox.add(tx, { topic: topics.commitment, key: event?.id ?? commitment, value });
  }

  private async nameOf(tx: Transaction, { event, span }: SealJob): Promise<string> {
    const about = event ? `window-${event.id.slice(0, MAX_NAMED_CHARS)}` : `days-${localDateOf(this.zone, span.start)}`;
    return `${about}-${(await countNamed(tx, `${about}-`)) + 1}`;
  }
}

/** Parts of a job as the observations have them now; a meter without a whole interval in the span has none. */
async function partsOf(tx: Transaction, { wanted, span }: SealJob): Promise<NewPart[]> {
  const meters = wanted.map(({ meter }) => meter);
  const observed = Map.groupBy(intervalRecords(await observationsIn(tx, meters, span)), ({ meter }) => meter);
  return wanted.flatMap(({ meter, sealed }) => {
    const records = (observed.get(meter) ?? []).filter(({ start, stepMs }) => start + stepMs <= span.end);
    const stepMs = records[0]?.stepMs;
    if (stepMs === undefined) return [];
    const series = { meter, from: span.start, to: span.end, stepMs };
    const item = seriesItemOf(series, records, (sealed?.version ?? 0) + 1);
    return [{ item, records, oldRoot: sealed?.root ?? null }];
  });
}
