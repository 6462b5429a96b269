import { instantText, leafHashHex, partyId, statementType } from '@gridpact/statement';
import { z } from 'zod';
import { base64Text, opening } from './fields.js';
import { topic } from './topic.js';

/** A signed statement on its way into the log, with what opens its body and who may read it. */
export const submission = z.strictObject({
  entry: base64Text,
  opening: opening.optional(),
  audience: z.array(partyId).max(200),
  /** Promise of the service that received a deadline-bound statement: base64 of its JWS JSON. */
  promise: base64Text.optional(),
});

/** A statement is sealed: its index and the tlog-proof that proves it without our servers. */
export const receipt = z.strictObject({
  statement: leafHashHex,
  index: z.int().min(0),
  type: statementType,
  subject: z.string().max(100),
  receipt: z.string().max(16_384),
  sealedAt: instantText,
});

/** The ledger refused a statement; nothing entered the log. */
export const ledgerRefusal = z.strictObject({
  statement: leafHashHex,
  code: z.string().max(60),
  detail: z.string().max(1000),
});

export const ledgerTopics = {
  submission: topic({
    name: 'ledger.submission.v1',
    summary: 'A signed statement asks to enter the log',
    key: 'the log origin: one partition keeps the order in which statements were submitted',
    partitions: 1,
    schema: submission,
  }),
  receipt: topic({
    name: 'ledger.receipt.v1',
    summary: 'A statement is covered by a checkpoint with a quorum of cosignatures',
    key: 'subject of the statement',
    schema: receipt,
  }),
  refusal: topic({
    name: 'ledger.refusal.v1',
    summary: 'The ledger refused a statement',
    key: 'leaf hash of the statement',
    schema: ledgerRefusal,
  }),
};

export type Submission = z.infer<typeof submission>;
export type Receipt = z.infer<typeof receipt>;
export type LedgerRefusal = z.infer<typeof ledgerRefusal>;
