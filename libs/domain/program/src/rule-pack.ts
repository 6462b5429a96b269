import { z } from 'zod';

/** Non-negative decimal integer in a string: the JSON form of energy, power, prices and money. */
export const decimalUnsigned = z.string().regex(/^(0|[1-9]\d{0,29})$/, 'a non-negative decimal integer in a string');
/** Decimal integer in a string, possibly negative. */
export const decimalSigned = z.string().regex(/^(0|-?[1-9]\d{0,29})$/, 'a decimal integer in a string');
/** Non-negative plain decimal ratio in a string, such as `0.8`. */
export const decimalRatio = z.string().regex(/^\d{1,6}(\.\d{1,9})?$/, 'a plain non-negative decimal such as 0.8');
/** Local civil date `YYYY-MM-DD`. */
export const localDate = z.string().regex(/^\d{4}-\d{2}-\d{2}$/, 'a local date YYYY-MM-DD');

/** Baseline methods by the names of the programmes they come from; `libs/domain/baseline` documents each formula. */
export const baselineMethod = z.enum(['CN_TYP5', 'CAISO_10OF10', 'CAISO_10OF10_ADJ', 'PJM_4OF5', 'PJM_4OF5_SAA']);

/** One step of the payment ladder: response ratios in `[from, to)` are paid with `coefficient`; `to` null is open. */
export const tier = z.strictObject({ from: decimalRatio, to: decimalRatio.nullable(), coefficient: decimalRatio });

/** Days that count as holidays, and weekend days that are worked (make-up workdays), as versioned data. */
export const calendar = z.strictObject({
  name: z.string().max(100),
  holidays: z.array(localDate).max(2000),
  workdays: z.array(localDate).max(500),
});

/**
 * A program's rules as data. Versioned and dated; the code that reads it stands in a bundle whose hash is published
 * beside it (`program.published`).
 */
export const rulePack = z.strictObject({
  name: z.string().min(1).max(100),
  version: z.string().regex(/^\d+\.\d+\.\d+$/),
  /** What is confirmed by a public text and what is an example; shown wherever the pack is shown. */
  status: z.enum(['verified', 'unverified', 'example']),
  sources: z.array(z.string().max(500)).max(20),
  effectiveFrom: localDate,
  effectiveTo: localDate.nullable(),
  zone: z.string().max(60),
  responseType: z.enum(['day-ahead-contracted', 'day-ahead-invited', 'intraday', 'real-time']),
  direction: z.enum(['peak-cut', 'valley-fill']),
  noticeLeadMs: z.int().min(0),
  minimumNominationWatt: decimalUnsigned,
  intervalMs: z.int().min(60_000).max(86_400_000),
  priceCapMicroCnyPerKwh: decimalUnsigned,
  priceFloorMicroCnyPerKwh: decimalUnsigned,
  pricing: z.enum(['uniform', 'pay-as-bid', 'fixed']),
  baselineMethods: z.array(baselineMethod).min(1),
  tiers: z.array(tier).min(1).max(20),
  /** Paid energy never exceeds this multiple of the commitment. */
  capRatio: decimalRatio,
  negativeEvent: z.literal('zero'),
  rounding: z.literal('half-even'),
  /** What no answer before the deadline means. */
  silence: z.enum(['declined', 'accepted']),
  calendar,
});

export type RulePack = z.infer<typeof rulePack>;
export type BaselineMethod = z.infer<typeof baselineMethod>;
export type Tier = z.infer<typeof tier>;
export type Calendar = z.infer<typeof calendar>;
