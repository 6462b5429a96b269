import { commitmentKind, instantText, leafHashHex } from '@gridpact/statement';
import { z } from 'zod';
import { base64Text, objectId } from './fields.js';
import { topic } from './topic.js';

/** A gateway's frame as it arrived, byte for byte; `@gridpact/telemetry` parses and checks it. */
export const frameReceived = z.strictObject({
  gateway: objectId,
  frame: base64Text,
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
