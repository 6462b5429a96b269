import { createHash } from 'node:crypto';
import { type Instant, formatInstant } from '@gridpact/kernel';
import {
  type SealedBatch,
  type Signer,
  type Statement,
  canonicalText,
  prepare,
  signStatement,
} from '@gridpact/statement';
import type { IntervalRecord, MeterSeriesItem } from '@gridpact/telemetry';
import type { SealJob } from './seal-job.js';

const PARTY = 'ingest';
/** Subject of what belongs to no event. */
const TELEMETRY = 'telemetry';
const REASON = 'late or corrected readings';

/** One meter's part as it is sealed now. */
export interface NewPart {
  readonly item: MeterSeriesItem;
  readonly records: readonly IntervalRecord[];
  /** Root of the version sealed before; null before the first. */
  readonly oldRoot: string | null;
}

/** Signs what seals a batch: `telemetry.committed`, or `telemetry.corrected` with each part's old and new root. */
export function signSeal(
  job: SealJob,
  named: { readonly commitment: string; readonly at: Instant; readonly signer: Signer },
  batch: SealedBatch<MeterSeriesItem>,
  parts: readonly NewPart[],
): Promise<Statement> {
  const { event, corrects } = job;
  const said = { at: named.at, by: PARTY, subject: event?.id ?? TELEMETRY, parents: parentsOf(job) };
  const body = bodyOf(job, named.commitment, batch);
  if (corrects === null) return signStatement(prepare({ type: 'telemetry.committed', ...said, body }), [named.signer]);
  const corrections = parts.flatMap(({ item, oldRoot }, index) => {
    const salt = batch.openings[index]?.salt;
    if (oldRoot === null || salt === undefined) throw new Error(`${item.meter} has nothing to correct`);
    return [{ meter: blindedMeter(item.meter, salt), oldRoot, newRoot: item.root }];
  });
  const corrected = { ...body, reason: REASON, corrections };
  return signStatement(prepare({ type: 'telemetry.corrected', ...said, body: corrected }), [named.signer]);
}

/** A meter's name that only who knows its item's salt can recognise: SHA-256, hex, of canonical `{meter, salt}`. */
export function blindedMeter(meter: string, salt: string): string {
  return createHash('sha256').update(canonicalText({ meter, salt })).digest('hex');
}

function parentsOf({ corrects, event }: SealJob): string[] {
  if (corrects !== null) return [corrects];
  return event === null ? [] : [event.statement];
}

function bodyOf({ kind, event, span }: SealJob, commitment: string, { root, count }: SealedBatch) {
  const [from, to] = [formatInstant(span.start), formatInstant(span.end)];
  return { commitment, kind, event: event?.id ?? null, from, to, batch: { root, count } };
}
