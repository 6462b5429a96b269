import { commitmentKind, instantText, leafHashHex } from '@gridpact/statement';
import { z } from 'zod';
import { objectId } from './fields.js';
import { topic } from './topic.js';

/** Base64 of the longest frame. */
const MAX_FRAME_CHARS = Math.ceil((256 * 1024) / 3) * 4;

/** A gateway's frame as it arrived, byte for byte; `@gridpact/telemetry` parses and checks it. */
export const frameReceived = z.strictObject({
  gateway: objectId,
  /** A frame has at most 256 KiB. */
  frame: z.base64().max(MAX_FRAME_CHARS),
  /** Business time at which ingest took it. */
  receivedAt: instantText,
});

/** A batch of meter series was committed to the log, or corrected. */
export const committed = z.strictObject({
  commitment: objectId,
  kind: commitmentKind,
  event: objectId.nullable(),
  from: instantText,
  to: instantText,
  statement: leafHashHex,
  /** Leaf hash of the commitment that a correction follows from. */
  corrects: leafHashHex.nullable(),
  meters: z.int().min(0),
});

export const ingestTopics = {
  frame: topic({
    name: 'ingest.frame.v1',
    summary: 'A frame of readings arrived from a gateway',
    key: 'gateway',
    partitions: 6,
    schema: frameReceived,
  }),
  commitment: topic({
    name: 'ingest.commitment.v1',
    summary: 'Meter series were committed or corrected',
    key: 'event, or the commitment when it has none',
    schema: committed,
  }),
};

export type FrameReceived = z.infer<typeof frameReceived>;
export type Committed = z.infer<typeof committed>;
