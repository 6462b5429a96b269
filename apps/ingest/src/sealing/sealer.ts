import { createHash, randomBytes } from 'node:crypto';
import { topics } from '@gridpact/contracts';
import {
  type Instant,
  type Interval,
  MS_PER_HOUR,
  MS_PER_MINUTE,
  formatInstant,
  localDateOf,
  localDay,
  plusMs,
  required,
} from '@gridpact/kernel';
import { submissionOf } from '@gridpact/platform/ledger-client';
import { Outbox } from '@gridpact/platform/outbox';
import { inTransaction, type Transaction } from '@gridpact/platform/postgres';
import {
  type SealedBatch,
  type Signer,
  type Statement,
  canonicalText,
  prepare,
  sealBatch,
  signStatement,
} from '@gridpact/statement';
import { intervalRecords, seriesItemOf } from '@gridpact/telemetry';
import { DataSource } from 'typeorm';
import { holdSeries } from '../frames/observation-store.js';
import * as store from './sealing-store.js';

/** A day is sealed this long after its end, or after its newest reading arrived when that is later. */
export const DAY_SETTLES_MS = 6 * MS_PER_HOUR;
/** An event window is sealed this long after the event's end, once no reading of it arrived for a while. */
export const WINDOW_SETTLES_MS = 10 * MS_PER_MINUTE;
export const WINDOW_QUIET_MS = 2 * MS_PER_MINUTE;
/** A change of something sealed is sealed anew after this long without another. */
export const CORRECTION_QUIET_MS = 5 * MS_PER_MINUTE;
const PARTY = 'ingest';
const SALT_BYTES = 32;

interface Group {
  readonly kind: store.SealKind;
  readonly span: Interval;
  readonly event: string | null;
  readonly corrects: string | null;
  readonly unsealed: readonly store.Unsealed[];
}

/** Seals what is due: closed days, event windows, corrections of what was sealed before. Safe to call at any time. */
export class Sealer {
  constructor(
    private readonly dataSource: DataSource,
    private readonly outbox: Outbox,
    private readonly signer: Signer,
    private readonly zone: string,
  ) {}

  /** Seals everything that is due at a business instant; gives the number of commitments made. */
  sealDue(now: Instant): Promise<number> {
    return inTransaction(this.dataSource, async (tx) => {
      await holdSeries(tx);
      const windows = await this.sealWindows(tx, now);
      const groups = groupsOf(await store.findUnsealed(tx)).filter((group) => isDue(group, now));
      let sealed = windows;
      for (const group of groups) sealed += await this.sealGroup(tx, group, now);
      return sealed;
    });
  }

  private async sealWindows(tx: Transaction, now: Instant): Promise<number> {
    let sealed = 0;
    for (const { event, statement, startsAt, endsAt } of await store.findOpenWindows(tx)) {
      const span = { start: localDay(this.zone, localDateOf(this.zone, startsAt)).start, end: endsAt };
      const { meters, newestAt } = await store.metersIn(tx, span);
      if (newestAt === null || now < plusMs(endsAt, WINDOW_SETTLES_MS) || now < plusMs(newestAt, WINDOW_QUIET_MS))
        continue;
      const parts = await this.partsOf(
        tx,
        meters.map((meter) => ({ meter, version: 1 })),
        span,
        event,
      );
      await this.seal(tx, { kind: 'event-window', span, event, corrects: null, unsealed: [] }, parts, [statement], now);
      sealed += 1;
    }
    return sealed;
  }

  private async sealGroup(tx: Transaction, group: Group, now: Instant): Promise<number> {
    const wanted = group.unsealed.map(({ meter, sealed }) => ({ meter, version: (sealed?.version ?? 0) + 1 }));
    const parts = await this.partsOf(tx, wanted, group.span, group.event);
    const changed = parts.filter(({ meter, item }) => {
      return group.unsealed.find((one) => one.meter === meter)?.sealed?.root !== item.root;
    });
    await store.settleUnsealed(
      tx,
      group.kind,
      group.span,
      group.unsealed.map(({ meter }) => meter),
    );
    if (changed.length === 0) return 0;
    await this.seal(tx, group, changed, group.corrects === null ? [] : [group.corrects], now);
    return 1;
  }

  private async partsOf(
    tx: Transaction,
    wanted: readonly { meter: string; version: number }[],
    span: Interval,
    event: string | null,
  ): Promise<store.NewPart[]> {
    const observed = Map.groupBy(
      intervalRecords(
        await store.observationsIn(
          tx,
          wanted.map(({ meter }) => meter),
          span,
        ),
      ),
      ({ meter }) => meter,
    );
    return wanted.flatMap(({ meter, version }) => {
      const records = (observed.get(meter) ?? []).filter(({ start, stepMs }) => start + stepMs <= span.end);
      const stepMs = records[0]?.stepMs;
      if (stepMs === undefined) return [];
      return [
        {
          meter,
          event,
          records,
          item: seriesItemOf({ meter, from: span.start, to: span.end, stepMs }, records, version),
        },
      ];
    });
  }

  private async seal(
    tx: Transaction,
    group: Group,
    parts: readonly store.NewPart[],
    parents: string[],
    now: Instant,
  ): Promise<void> {
    const batch = sealBatch(
      parts.map(({ meter, item }) => ({ recipient: meter, item, salt: randomBytes(SALT_BYTES) })),
    );
    const commitment = await this.nameOf(tx, group);
    const statement = await this.sign(group, commitment, batch, parts, parents, now);
    const { kind, event, span, corrects } = group;
    const named = { commitment, kind, event, statement: statement.leafHash, corrects };
    await store.saveCommitment(tx, { ...named, span, sealedAt: now }, parts, batch.openings);
    await this.outbox.add(tx, submissionOf(statement.entry, { audience: [] }));
    const told = { ...named, from: formatInstant(span.start), to: formatInstant(span.end), meters: parts.length };
    await this.outbox.add(tx, { topic: topics.commitment, key: event ?? commitment, value: told });
  }

  private async nameOf(tx: Transaction, { kind, event, span }: Group): Promise<string> {
    const prefix = kind === 'event-window' ? `window-${event}-` : `days-${localDateOf(this.zone, span.start)}-`;
    return `${prefix}${(await store.countNamed(tx, prefix)) + 1}`;
  }

  private sign(
    { kind, event, span, corrects, unsealed }: Group,
    commitment: string,
    batch: SealedBatch,
    parts: readonly store.NewPart[],
    parents: string[],
    now: Instant,
  ): Promise<Statement> {
    const said = { at: now, by: PARTY, subject: event ?? 'telemetry', parents };
    const { root, count } = batch;
    const common = {
      commitment,
      kind,
      event,
      from: formatInstant(span.start),
      to: formatInstant(span.end),
      batch: { root, count },
    };
    if (corrects === null)
      return signStatement(prepare({ type: 'telemetry.committed', ...said, body: common }), [this.signer]);
    const corrections = parts.map(({ meter, item }) => ({
      meter: blinded(
        meter,
        required(
          batch.openings.find(({ recipient }) => recipient === meter),
          'opening',
        ).salt,
      ),
      oldRoot: required(unsealed.find((one) => one.meter === meter)?.sealed, 'sealed part').root,
      newRoot: item.root,
    }));
    const body = { ...common, reason: 'late or corrected readings', corrections };
    return signStatement(prepare({ type: 'telemetry.corrected', ...said, body }), [this.signer]);
  }
}

/** A meter's name that only who knows its salt can recognise: SHA-256 of canonical `{meter, salt}`. */
function blinded(meter: string, salt: string): string {
  return createHash('sha256').update(canonicalText({ meter, salt })).digest('hex');
}

/** What is sealed together: one kind, one span, and all of it new or all of it correcting one statement. */
function groupsOf(unsealed: readonly store.Unsealed[]): Group[] {
  const groups = Map.groupBy(
    unsealed,
    ({ kind, span, sealed }) => `${kind} ${span.start} ${span.end} ${sealed?.statement ?? ''}`,
  );
  return [...groups.values()].map((members) => {
    const { kind, span, sealed } = required(members[0], 'member of a group');
    return { kind, span, event: sealed?.event ?? null, corrects: sealed?.statement ?? null, unsealed: members };
  });
}

function isDue({ span, corrects, unsealed }: Group, now: Instant): boolean {
  const newest = Math.max(...unsealed.map(({ newestAt }) => newestAt));
  if (corrects !== null) return now >= newest + CORRECTION_QUIET_MS;
  return now >= Math.max(span.end, newest) + DAY_SETTLES_MS;
}
