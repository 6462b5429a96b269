import { rulePack } from '@gridpact/program';
import { z } from 'zod';
import { batchRoot, base64urlText, instantText, leafHashHex, partyId, quantity, watt, wattInterval } from './fields.js';

/** A DR event as announced to all: where, when, how much, at what most, and the deadlines of every later step. */
export const eventAnnounced = z.strictObject({
  event: z.string().max(100),
  program: z.string().max(100),
  area: z.string().max(100),
  direction: rulePack.shape.direction,
  responseType: rulePack.shape.responseType,
  intervals: z
    .array(z.strictObject({ start: instantText, end: instantText, needWatt: watt }))
    .min(1)
    .max(96),
  priceCapMicroCnyPerKwh: quantity,
  gateClosesAt: instantText,
  revealBy: instantText,
  confirmBy: instantText,
});

/** The event will not take place. */
export const eventCancelled = z.strictObject({ event: z.string().max(100), reason: z.string().max(500) });

/** One quantity-price block of a nomination, offered in every interval of the event. */
export const priceBlock = z.strictObject({ watt, priceMicroCnyPerKwh: quantity });

/**
 * A nomination: the committed body (withheld until the gate has closed) and, unchanged and under the same salt, the
 * revealed body.
 */
export const nomination = z.strictObject({
  event: z.string().max(100),
  aggregator: partyId,
  blocks: z.array(priceBlock).min(1).max(100),
});

/** Why a nomination took no part in clearing. */
export const exclusionCode = z.enum(['not_revealed', 'late', 'over_price_cap', 'below_minimum', 'reveal_mismatch']);

/** Open totals of clearing; awards themselves go to each aggregator alone, under the batch root. */
export const clearingComputed = z.strictObject({
  event: z.string().max(100),
  pricing: rulePack.shape.pricing,
  clearingPriceMicroCnyPerKwh: quantity,
  intervals: z
    .array(z.strictObject({ start: instantText, end: instantText, needWatt: watt, awardedWatt: watt }))
    .min(1)
    .max(96),
  nominations: z.array(leafHashHex).max(1000),
  excluded: z.array(z.strictObject({ nomination: leafHashHex, code: exclusionCode })).max(1000),
  awards: batchRoot,
});

/** What one aggregator was awarded. */
export const awardIssued = z.strictObject({
  event: z.string().max(100),
  aggregator: partyId,
  priceMicroCnyPerKwh: quantity,
  intervals: z.array(wattInterval).min(1).max(96),
});

/** What one site is asked to do; its own deadline decides whether an answer is in time. */
export const instructionIssued = z.strictObject({
  instruction: z.string().max(100),
  event: z.string().max(100),
  award: leafHashHex,
  enrolment: z.string().max(100),
  enrolmentStatement: leafHashHex,
  user: partyId,
  site: z.string().max(100),
  intervals: z.array(wattInterval).min(1).max(96),
  priceMicroCnyPerKwh: quantity,
  estimatedFen: quantity,
  confirmBy: instantText,
});

/** How an answer came about. */
export const confirmationVia = z.enum(['phone', 'standing-offer', 'silence']);

/** A user's answer: all, part or none. A later answer names the one it replaces in `earlier` (and as a parent). */
export const curtailmentConfirmed = z.strictObject({
  instruction: z.string().max(100),
  event: z.string().max(100),
  site: z.string().max(100),
  answer: z.enum(['full', 'part', 'declined']),
  intervals: z.array(wattInterval).max(96),
  earlier: leafHashHex.nullable(),
  via: confirmationVia,
  offer: leafHashHex.nullable(),
});

/** A user leaves a running event from `effectiveAt` on. */
export const curtailmentWithdrawn = z.strictObject({
  confirmation: leafHashHex,
  event: z.string().max(100),
  site: z.string().max(100),
  effectiveAt: instantText,
  reason: z.string().max(500),
});

/** Supply was out: those intervals earn nothing and never serve as baseline. */
export const outageFlagged = z.strictObject({
  event: z.string().max(100),
  feeder: z.string().max(100),
  start: instantText,
  end: instantText,
  source: z.string().max(500),
});

/** Facts per recipient sealed as one statement: dispatches, notices, acknowledgements. */
export const recipientBatch = z.strictObject({
  event: z.string().max(100),
  kind: z.enum(['dispatch', 'notice', 'acknowledgement']),
  batch: batchRoot,
});

/** Item of a `dispatch.sent` batch. */
export const dispatchItem = z.strictObject({
  event: z.string().max(100),
  recipient: z.string().max(100),
  channel: z.enum(['openadr', 'mqtt', 'kafka']),
  intervals: z.array(wattInterval).max(96),
  sentAt: instantText,
});

/** Item of a `notice.sent` batch, and with `acknowledgedAt` of a `notice.acknowledged` batch. */
export const noticeItem = z.strictObject({
  event: z.string().max(100),
  recipient: z.string().max(100),
  channel: z.string().max(40),
  notice: z.enum(['invitation', 'start', 'all-clear', 'result']),
  sentAt: instantText,
  acknowledgedAt: instantText.nullable(),
});

/** Salt of a nomination that its aggregator hands over at the reveal; equals the salt of the committed body. */
export const revealSalt = base64urlText;
