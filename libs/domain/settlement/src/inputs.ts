import { DAY_TYPES } from '@gridpact/baseline';
import { parseInstant } from '@gridpact/kernel';
import { baselineMethod, decimalSigned, decimalUnsigned, localDate, rulePack } from '@gridpact/program';
import { z } from 'zod';

/** Most event intervals, lines and readings of one line in one run. */
export const MAX_INTERVALS = 96;
export const MAX_LINES = 100_000;
/** A reading a minute over the event day and 60 days before it, one of them an hour longer. */
export const MAX_READINGS = 61 * 1440 + 60;

const instantText = z
  .string()
  .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/, 'UTC with milliseconds')
  .refine((text) => parseInstant(text).ok, 'an instant that exists');
const civilDate = localDate.refine((date) => parseInstant(`${date}T00:00:00Z`).ok, 'a date that exists');
const id = z.string().min(1).max(100);
const partyId = z.string().regex(/^[a-z0-9][a-z0-9.-]{0,63}$/, 'a party id');
const rootHex = z.string().regex(/^[0-9a-f]{64}$/, 'a SHA-256 in lower-case hex');

/** Half-open span of business time in UTC. */
export const utcSpan = z.strictObject({ start: instantText, end: instantText });

/**
 * A civil day of the program's zone, resolved to UTC where the inputs were sealed. `shifts` lists clock changes within
 * it: from `at` on the wall clock is `minutes` further ahead. The type must agree with the pack's calendar.
 */
export const sealedDay = z.strictObject({
  date: civilDate,
  start: instantText,
  end: instantText,
  type: z.enum(DAY_TYPES),
  shifts: z.array(z.strictObject({ at: instantText, minutes: z.int().min(-1440).max(1440) })).max(4),
});

/**
 * A meter's readings at its own step: `energyMicroKwh[i]` is used in `[start + i*stepMs, start + (i+1)*stepMs)`, null
 * where no reading is. `estimated` are starts of readings that were filled in. `roots` are the sealed Merkle roots the
 * readings were checked against before they came here.
 */
export const sealedSeries = z.strictObject({
  start: instantText,
  stepMs: z.int().min(60_000).max(86_400_000),
  energyMicroKwh: z.array(decimalSigned.nullable()).max(MAX_READINGS),
  estimated: z.array(instantText).max(MAX_READINGS),
  roots: z.array(rootHex).max(1000),
});

/**
 * One site in the event. `commitments` are the confirmed watts per event interval (an interval left out is 0 W), as they
 * stood before any withdrawal; `withdrawnAt` is when the user left, if so. `eventDays` are all days with an event of
 * this site. `priceMicroCnyPerKwh` is the price of its award.
 */
export const settlementLine = z.strictObject({
  line: id,
  site: id,
  enrolment: id,
  aggregator: partyId,
  user: partyId,
  meter: id,
  baselineMethod,
  split: z.strictObject({
    kind: z.literal('share'),
    aggregatorPercent: z.string().regex(/^(100|\d{1,2}(\.\d{1,2})?)$/, 'a percentage with at most two decimals'),
  }),
  priceMicroCnyPerKwh: decimalUnsigned,
  commitments: z
    .array(z.strictObject({ start: instantText, end: instantText, watt: decimalUnsigned }))
    .max(MAX_INTERVALS),
  withdrawnAt: instantText.nullable(),
  outages: z.array(utcSpan).max(1000),
  eventDays: z.array(civilDate).max(1000),
  series: sealedSeries,
});

/**
 * Everything one settlement run depends on, and nothing else: no clock, no zone database, no hidden state. Lines ascend
 * by `line`, so that equal facts are equal bytes. `days` are the event day and the 60 days before it, oldest first.
 */
export const settlementInputs = z.strictObject({
  v: z.literal(1),
  event: z.strictObject({
    event: id,
    program: id,
    intervals: z.array(utcSpan).min(1).max(MAX_INTERVALS),
    clearingPriceMicroCnyPerKwh: decimalUnsigned,
  }),
  rulePack,
  days: z.array(sealedDay).min(1).max(400),
  lines: z.array(settlementLine).max(MAX_LINES),
});

export type SettlementInputs = z.infer<typeof settlementInputs>;
export type SettlementLine = z.infer<typeof settlementLine>;
export type SealedDay = z.infer<typeof sealedDay>;
export type SealedSeries = z.infer<typeof sealedSeries>;
