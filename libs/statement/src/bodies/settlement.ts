import { z } from 'zod';
import { batchRoot, instantText, leafHashHex, partyId, quantity, signedQuantity } from './fields.js';

/** Which run of an event: INITIAL, then reruns whose lines are differences; the sum of runs is the current amount. */
export const runKind = z.enum(['INITIAL', 'TRUE_UP', 'FINAL']);

/** Open totals of a settlement run; each line goes to its parties alone, under the batch root. */
export const settlementComputed = z.strictObject({
  event: z.string().max(100),
  run: z.int().min(1),
  kind: runKind,
  cause: z.string().max(500),
  supersedes: leafHashHex.nullable(),
  bundleSha256: leafHashHex,
  inputsSha256: leafHashHex,
  outputsSha256: leafHashHex,
  totals: z.strictObject({
    lines: z.int().min(0),
    committedMicroKwh: quantity,
    curtailmentMicroKwh: signedQuantity,
    paidMicroKwh: quantity,
    amountFen: signedQuantity,
    aggregatorFen: signedQuantity,
    userFen: signedQuantity,
    /** This run minus the run it supersedes; equals `amountFen` for INITIAL. */
    differenceFen: signedQuantity,
  }),
  batch: batchRoot,
});

/** A party contests its line of a run. */
export const disputeRaised = z.strictObject({
  dispute: z.string().max(100),
  event: z.string().max(100),
  settlement: leafHashHex,
  site: z.string().max(100),
  reason: z.string().max(2000),
  evidenceSha256: leafHashHex.nullable(),
});

/** The power company's ruling on a dispute; `upheld` leads to a run that pays only the difference. */
export const disputeResolved = z.strictObject({
  dispute: z.string().max(100),
  event: z.string().max(100),
  outcome: z.enum(['upheld', 'rejected']),
  reason: z.string().max(2000),
});

/** Payment orders or payments of one payer, sealed as one batch. */
export const paymentBatch = z.strictObject({
  event: z.string().max(100),
  payer: partyId,
  totalFen: signedQuantity,
  batch: batchRoot,
});

/** Item of a payment batch; `amountFen` may be negative in a true-up. */
export const paymentItem = z.strictObject({
  payment: z.string().max(100),
  payer: partyId,
  payee: partyId,
  amountFen: signedQuantity,
  settlement: leafHashHex,
  at: instantText,
});
