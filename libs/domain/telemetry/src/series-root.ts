import { type Instant, formatInstant, required } from '@gridpact/kernel';
import { MerkleTree, leafHash, toHex, utf8 } from '@gridpact/tlog';
import type { IntervalRecord } from './record.js';

/** One meter's part of a telemetry commitment, ready to be sealed in a batch: `meterSeriesItem` of the statements. */
export interface MeterSeriesItem {
  readonly meter: string;
  readonly from: string;
  readonly to: string;
  readonly stepMs: number;
  /** Counts from 1 and moves with each corrected commitment of the same span. */
  readonly version: number;
  readonly count: number;
  readonly root: string;
}

/** Shows that a record stands under a series' root: its place and the RFC 6962 inclusion path, hex. */
export interface RecordProof {
  readonly index: number;
  readonly size: number;
  readonly path: readonly string[];
}

/**
 * Canonical bytes (RFC 8785) of an interval record, the leaf of a meter's tree: `{energyMicroKwh, frame, meter, quality,
 * start, stepMs, version}`. Written out by hand since every reading of a province passes here.
 */
export function recordBytes(record: IntervalRecord): Uint8Array {
  const { frame } = record;
  const frameText = frame ? `{"gateway":${JSON.stringify(frame.gateway)},"seq":${frame.seq}}` : 'null';
  return utf8(
    `{"energyMicroKwh":"${record.energyMicroKwh}","frame":${frameText},"meter":${JSON.stringify(record.meter)},` +
      `"quality":"${record.quality}","start":"${formatInstant(record.start)}","stepMs":${record.stepMs},` +
      `"version":${record.version}}`,
  );
}

/** Merkle root (RFC 6962, hex) over one meter's records in time order; throws when they repeat or are out of order. */
export function seriesRoot(records: readonly IntervalRecord[]): string {
  return toHex(seriesTree(records).root());
}

/** One meter's part of a commitment over `[from, to)`; throws on a record of another meter or outside the span. */
export function seriesItemOf(
  span: { readonly meter: string; readonly from: Instant; readonly to: Instant; readonly stepMs: number },
  records: readonly IntervalRecord[],
  version: number,
): MeterSeriesItem {
  const foreign = records.find(
    (record) => record.meter !== span.meter || record.start < span.from || record.start + record.stepMs > span.to,
  );
  if (foreign) throw new RangeError(`${foreign.meter} at ${formatInstant(foreign.start)} is no part of the series`);
  return {
    meter: span.meter,
    from: formatInstant(span.from),
    to: formatInstant(span.to),
    stepMs: span.stepMs,
    version,
    count: records.length,
    root: seriesRoot(records),
  };
}

/** Proof that the record at an index is part of the series. */
export function recordProof(records: readonly IntervalRecord[], index: number): RecordProof {
  required(records[index], 'record of the series');
  const path = seriesTree(records).inclusionProof(index).map(toHex);
  return { index, size: records.length, path };
}

function seriesTree(records: readonly IntervalRecord[]): MerkleTree {
  for (const [index, record] of records.entries()) {
    const before = records[index - 1];
    if (before && (before.meter !== record.meter || before.start >= record.start)) {
      throw new RangeError(`records of ${record.meter} do not ascend at ${formatInstant(record.start)}`);
    }
  }
  return new MerkleTree(records.map((record) => leafHash(recordBytes(record))));
}
