import { BASELINE_FLAGS, REJECTION_CODES } from '@gridpact/baseline';
import { baselineMethod, decimalRatio, decimalSigned, decimalUnsigned, localDate } from '@gridpact/program';
import { z } from 'zod';

const instantText = z.string();
/** Exact fraction in lowest terms, as decimal integers. */
const fraction = z.strictObject({ n: decimalSigned, d: decimalUnsigned });

/**
 * Why an interval counts neither in commitment nor in curtailment: touched by a supply outage; not over when the user
 * withdrew; nothing confirmed for it.
 */
export const INTERVAL_STATES = ['counted', 'outage', 'withdrawn', 'uncommitted'] as const;

/**
 * Why a line earns nothing, first that applies: nothing confirmed; withdrawn before any interval was over; every other
 * interval in an outage; too few baseline days; a reading missing in a counted interval; no net curtailment; response
 * ratio in a tier that pays nothing; the amount rounds to zero.
 */
export const UNPAID_REASONS = [
  'no_confirmation',
  'withdrawn',
  'outage',
  'insufficient_baseline',
  'missing_reading',
  'no_curtailment',
  'below_tier',
  'below_one_fen',
] as const;

/** One event interval of a line; `estimated` when a reading of it was filled in. */
export const lineInterval = z.strictObject({
  start: instantText,
  end: instantText,
  state: z.enum(INTERVAL_STATES),
  committedMicroKwh: decimalUnsigned,
  baselineMicroKwh: decimalSigned.nullable(),
  meteredMicroKwh: decimalSigned.nullable(),
  curtailmentMicroKwh: decimalSigned.nullable(),
  estimated: z.boolean(),
});

/** The whole account of one site: which days, which adjustment, each interval, each number up to the fen. */
export const lineOutcome = z.strictObject({
  line: z.string(),
  site: z.string(),
  enrolment: z.string(),
  aggregator: z.string(),
  user: z.string(),
  meter: z.string(),
  baselineMethod,
  daysUsed: z.array(localDate),
  daysRejected: z.array(z.strictObject({ date: localDate, code: z.enum(REJECTION_CODES) })),
  adjustment: z
    .strictObject({ kind: z.enum(['additive', 'factor']), n: decimalSigned, d: decimalUnsigned, clamped: z.boolean() })
    .nullable(),
  flag: z.enum(BASELINE_FLAGS).nullable(),
  intervals: z.array(lineInterval),
  /** Over counted intervals. */
  committedMicroKwh: decimalUnsigned,
  /** Signed, over counted intervals; null when a baseline or a reading is missing. */
  curtailmentMicroKwh: decimalSigned.nullable(),
  ratio: fraction.nullable(),
  coefficient: decimalRatio,
  /** Paid energy, rounded half-even for show; the amount follows from the exact value. */
  paidMicroKwh: decimalUnsigned,
  priceMicroCnyPerKwh: decimalUnsigned,
  amountFen: decimalUnsigned,
  aggregatorFen: decimalUnsigned,
  userFen: decimalUnsigned,
  status: z.enum(['paid', 'unpaid']),
  reason: z.enum(UNPAID_REASONS).nullable(),
});

/** Sums over lines; curtailment counts where it is known. */
export const lineTotals = z.strictObject({
  lines: z.int(),
  committedMicroKwh: decimalUnsigned,
  curtailmentMicroKwh: decimalSigned,
  paidMicroKwh: decimalUnsigned,
  amountFen: decimalUnsigned,
  aggregatorFen: decimalUnsigned,
  userFen: decimalUnsigned,
});

/** Why a run is refused as a whole; nothing is half paid. */
export const CONTRACT_REFUSALS = [
  'inputs_too_long',
  'not_canonical_json',
  'schema',
  'tiers_not_from_zero',
  'tier_empty',
  'tier_hole',
  'tier_overlap',
  'tiers_not_open',
  'cap_below_one',
  'floor_above_cap',
  'dates_reversed',
  'pack_not_in_force',
  'days_inconsistent',
  'day_type_mismatch',
  'intervals_not_consecutive',
  'interval_mismatch',
  'intervals_outside_day',
  'lines_not_sorted',
  'same_party',
  'method_not_in_pack',
  'price_out_of_bounds',
  'price_mismatch',
  'commitment_mismatch',
  'span_reversed',
  'step_mismatch',
  'estimate_mismatch',
] as const;

/** What one run says: every line with its account, sums per aggregator (by id) and in all. */
export const settledOutputs = z.strictObject({
  v: z.literal(1),
  outcome: z.literal('settled'),
  event: z.string(),
  lines: z.array(lineOutcome),
  aggregators: z.array(z.strictObject({ aggregator: z.string(), totals: lineTotals })),
  totals: lineTotals,
});

/** A refused run. */
export const refusedOutputs = z.strictObject({
  v: z.literal(1),
  outcome: z.literal('refused'),
  code: z.enum(CONTRACT_REFUSALS),
  detail: z.string(),
});

/** Either; the contract always answers with one of them. */
export const settlementOutputs = z.discriminatedUnion('outcome', [settledOutputs, refusedOutputs]);

export type SettlementOutputs = z.infer<typeof settlementOutputs>;
export type SettledOutputs = z.infer<typeof settledOutputs>;
export type LineOutcome = z.infer<typeof lineOutcome>;
export type LineInterval = z.infer<typeof lineInterval>;
export type LineTotals = z.infer<typeof lineTotals>;
export type UnpaidReason = (typeof UNPAID_REASONS)[number];
export type ContractRefusal = (typeof CONTRACT_REFUSALS)[number];
