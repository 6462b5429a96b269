import { z } from 'zod';
import { batchRoot, instantText, leafHashHex } from './fields.js';

/** What a commitment covers: whole local days of meters, or the window of one event (with the hours a method needs). */
export const commitmentKind = z.enum(['meter-days', 'event-window']);

/** One batch of meter series: a Merkle root over its meters' roots. `event` is set for event windows. */
export const telemetryCommitted = z.strictObject({
  commitment: z.string().max(100),
  kind: commitmentKind,
  event: z.string().max(100).nullable(),
  from: instantText,
  to: instantText,
  batch: batchRoot,
});

/** A late or corrected reading: names the old and the new root of one meter's series. */
export const telemetryCorrected = z.strictObject({
  commitment: z.string().max(100),
  kind: commitmentKind,
  event: z.string().max(100).nullable(),
  from: instantText,
  to: instantText,
  reason: z.string().max(500),
  corrections: z
    .array(z.strictObject({ meter: leafHashHex, oldRoot: leafHashHex, newRoot: leafHashHex }))
    .min(1)
    .max(200),
  batch: batchRoot,
});

/**
 * Leaf of a telemetry batch: one meter's part. `root` is the Merkle root over its canonical interval records
 * (`libs/domain/telemetry`), `version` counts from 1 and moves with each correction.
 */
export const meterSeriesItem = z.strictObject({
  meter: z.string().max(100),
  from: instantText,
  to: instantText,
  stepMs: z.int().min(60_000),
  version: z.int().min(1),
  count: z.int().min(0),
  root: leafHashHex,
});
