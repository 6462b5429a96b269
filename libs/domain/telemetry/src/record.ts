import { type Instant, type MicroKwh, formatInstant, instantOf } from '@gridpact/kernel';
import type { Frame, ReadingQuality } from './frame.js';

/** Which frame a value came in; null for a value that we estimated ourselves. */
export type FrameName = { readonly gateway: string; readonly seq: number } | null;

/** One value that somebody once said about one interval. All are kept for ever; the series follows from the set of them. */
export interface Observation {
  readonly meter: string;
  readonly start: Instant;
  readonly stepMs: number;
  readonly energyMicroKwh: MicroKwh;
  readonly quality: ReadingQuality;
  readonly frame: FrameName;
  /** When its frame was sent, by the gateway's clock. */
  readonly sentAt: Instant;
}

/** The value that stands for one interval. `version` counts from 1 and moves with each differing value. */
export interface IntervalRecord {
  readonly meter: string;
  readonly start: Instant;
  readonly stepMs: number;
  readonly energyMicroKwh: MicroKwh;
  readonly quality: ReadingQuality;
  readonly version: number;
  readonly frame: FrameName;
}

/** What a further observation means for those already known of the same interval. */
export type Novelty = 'first' | 'duplicate' | 'correction' | 'superseded';

/** The observations that a frame makes. */
export function observationsOf(frame: Frame): Observation[] {
  const sentAt = instantOf(frame.sentAt);
  return frame.readings.map((reading) => ({
    meter: reading.meter,
    start: instantOf(reading.start),
    stepMs: reading.stepMs,
    energyMicroKwh: BigInt(reading.energyMicroKwh),
    quality: reading.quality,
    frame: { gateway: frame.gateway, seq: frame.seq },
    sentAt,
  }));
}

/**
 * The series that a set of observations amounts to, by meter, then start. Only the set counts, neither the order nor how
 * often something was heard: within one interval an estimate ranks below a raw value, then the later sent ranks higher.
 */
export function intervalRecords(observations: readonly Observation[]): IntervalRecord[] {
  const places = Map.groupBy(observations, ({ meter, start }) => `${meter} ${formatInstant(start)}`);
  const sorted = [...places].sort(([a], [b]) => (a < b ? -1 : 1));
  return sorted.map(([, known]) => standingRecord(known));
}

/** The record that stands for one interval, of all that is known about it (at least one observation). */
export function standingRecord(known: readonly Observation[]): IntervalRecord {
  const [first, ...later] = [...known].sort(byRank);
  if (!first) throw new RangeError('no observation of the interval');
  let record = recordOf(first, 1);
  for (const next of later) {
    if (!sameValue(record, next)) record = recordOf(next, record.version + 1);
  }
  return record;
}

/** Says what an observation adds to those known of its interval: for receipts and counts, never for the series itself. */
export function noveltyOf(known: readonly Observation[], heard: Observation): Novelty {
  if (known.length === 0) return 'first';
  const [before, after] = [standingRecord(known), standingRecord([...known, heard])];
  if (!sameValue(before, after)) return 'correction';
  return before.version === after.version ? 'duplicate' : 'superseded';
}

function recordOf(observed: Observation, version: number): IntervalRecord {
  const { meter, start, stepMs, energyMicroKwh, quality, frame } = observed;
  return { meter, start, stepMs, energyMicroKwh, quality, version, frame };
}

type Value = Pick<Observation, 'energyMicroKwh' | 'quality' | 'stepMs'>;

function sameValue(a: Value, b: Value): boolean {
  return a.energyMicroKwh === b.energyMicroKwh && a.quality === b.quality && a.stepMs === b.stepMs;
}

/** A total order, down to the value itself, so that equal sets always end alike. */
function byRank(a: Observation, b: Observation): number {
  if (a.quality !== b.quality) return a.quality === 'estimated' ? -1 : 1;
  if (a.sentAt !== b.sentAt) return a.sentAt - b.sentAt;
  const gateways = compareText(a.frame?.gateway ?? '', b.frame?.gateway ?? '');
  if (gateways !== 0) return gateways;
  const frames = (a.frame?.seq ?? -1) - (b.frame?.seq ?? -1);
  if (frames !== 0) return frames;
  if (a.energyMicroKwh !== b.energyMicroKwh) return a.energyMicroKwh < b.energyMicroKwh ? -1 : 1;
  return a.stepMs - b.stepMs;
}

function compareText(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
