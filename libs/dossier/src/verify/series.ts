import { instantOf } from '@gridpact/kernel';
import { type BodyOf, isOfType, meterSeriesItem, openBody, verifyBatchOpening } from '@gridpact/statement';
import { type IntervalRecord, seriesRoot } from '@gridpact/telemetry';
import { z } from 'zod';
import type { DossierSeries } from '../container.js';
import type { Evidence, SealedStatement } from '../evidence.js';
import { nameOf } from './chain.js';
import { type Held, broken } from './report.js';
import type { ProvenPart } from './settlement.js';

/** An interval record as JSON: the leaf of a meter's tree. */
export const intervalRecordJson = z.strictObject({
  meter: z.string().max(100),
  start: z.string(),
  stepMs: z.int().min(60_000),
  energyMicroKwh: z.string().regex(/^-?\d{1,30}$/),
  quality: z.enum(['raw', 'estimated']),
  version: z.int().min(1),
  frame: z.strictObject({ gateway: z.string().max(100), seq: z.int().min(0) }).nullable(),
});

type Commitment = SealedStatement<'telemetry.committed' | 'telemetry.corrected'>;

/**
 * Series: each part's records hash to the root in its batch item, and that item stands under the batch root of a sealed
 * commitment. What passes is what settlement may use.
 */
export function checkSeries(
  evidence: Evidence,
  series: readonly DossierSeries[],
): { readonly parts: ProvenPart[]; readonly held: Held } {
  const parts = series.map((part) => provenPart(evidence, part));
  const readings = parts.reduce((sum, part) => sum + part.readings.length, 0);
  const meters = new Set(parts.map(({ meter }) => meter)).size;
  return {
    parts,
    held: {
      checked: parts.length,
      detail: `${readings} readings of ${meters} meters under ${parts.length} sealed roots`,
    },
  };
}

/** Checks one part against its commitment and gives what settlement reads of it. */
export function provenPart(evidence: Evidence, { statement, opening, records }: DossierSeries): ProvenPart {
  const sealed = evidence.find(statement);
  if (!sealed || !isCommitment(sealed))
    return broken('commitment_missing', statement, 'series stand under a telemetry commitment of the log');
  const where = `${nameOf(sealed)}, ${opening.recipient}`;
  const opened = verifyBatchOpening(batchOf(sealed), opening);
  if (!opened.ok) return broken(opened.refusal.code, where, opened.refusal.detail);
  const item = meterSeriesItem.parse(opened.value);
  const parsed = z.array(intervalRecordJson).safeParse(records);
  if (!parsed.success) return broken('bad_record', where, z.prettifyError(parsed.error));
  const root = rootOf(parsed.data, where);
  if (root !== item.root || parsed.data.length !== item.count)
    broken('series_differs', where, `records hash to ${root}, sealed is ${item.root}`);
  return { statement, meter: item.meter, stepMs: item.stepMs, root, index: sealed.index, readings: parsed.data };
}

function rootOf(records: readonly z.infer<typeof intervalRecordJson>[], where: string): string {
  try {
    return seriesRoot(records.map(recordOf));
  } catch (error) {
    return broken('bad_record', where, error instanceof Error ? error.message : String(error));
  }
}

function recordOf(json: z.infer<typeof intervalRecordJson>): IntervalRecord {
  return { ...json, start: instantOf(json.start), energyMicroKwh: BigInt(json.energyMicroKwh) };
}

function isCommitment(sealed: SealedStatement): sealed is Commitment {
  return isOfType(sealed.statement, 'telemetry.committed') || isOfType(sealed.statement, 'telemetry.corrected');
}

function batchOf(sealed: Commitment): BodyOf<'telemetry.committed'>['batch'] {
  const body = openBody(sealed.statement);
  return body.ok ? body.value.batch : broken(body.refusal.code, nameOf(sealed), body.refusal.detail);
}
