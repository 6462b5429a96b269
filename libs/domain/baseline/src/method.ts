import type { Interval, LocalDate, Rational } from '@gridpact/kernel';
import type { IndexedDay, IndexedSeries } from './series.js';

/** Methods by the names of the programmes they come from. */
export const BASELINE_METHODS = ['CN_TYP5', 'CAISO_10OF10', 'CAISO_10OF10_ADJ', 'PJM_4OF5', 'PJM_4OF5_SAA'] as const;
export type BaselineMethodName = (typeof BASELINE_METHODS)[number];

/** What is asked: the baseline of one meter over one window of one local day. */
export interface BaselineRequest {
  readonly series: IndexedSeries;
  /** Local day of the event; its resolved day must be in the series' index. */
  readonly date: LocalDate;
  /** Half-open window within that day, a whole number of meter steps. */
  readonly window: Interval;
  /** All days with an event of this site, past and future: none serves as a baseline day. */
  readonly eventDays: ReadonlySet<LocalDate>;
}

/**
 * Why a day does not serve: of another type than the event day; a day with an event; touched by an outage; left out by
 * name; fewer readings than the day has steps; no reading where the method needs one; used too little against the
 * others (low-use filter); used too little or too much against them; not among the highest that the method keeps.
 */
export const REJECTION_CODES = [
  'other_day_type',
  'event_day',
  'outage',
  'excluded',
  'incomplete',
  'missing_reading',
  'low_use',
  'out_of_range',
  'not_highest',
] as const;
export type RejectionCode = (typeof REJECTION_CODES)[number];

/** A day looked at and left out. */
export interface RejectedDay {
  readonly date: LocalDate;
  readonly code: RejectionCode;
}

/**
 * Why a result is less than asked for. `INSUFFICIENT`: too few days, no baseline. `ADJ_MISSING`: a reading of the
 * adjustment span is missing (or the span begins before midnight), `ADJ_ZERO`: nothing to scale by; in both the
 * unadjusted baseline stands.
 */
export const BASELINE_FLAGS = ['INSUFFICIENT', 'ADJ_MISSING', 'ADJ_ZERO'] as const;
export type BaselineFlag = (typeof BASELINE_FLAGS)[number];

/** Same-day adjustment: `additive` adds micro-kWh per meter step, `factor` multiplies. `clamped` when a bound cut it. */
export interface Adjustment {
  readonly kind: 'additive' | 'factor';
  readonly value: Rational;
  readonly clamped: boolean;
}

/** A baseline and the whole answer to "why": which days, which were left out, what adjustment, what is missing. */
export interface Baseline {
  readonly method: BaselineMethodName;
  /** Published baseline per meter step of the window, each rounded once, half-even; null when INSUFFICIENT. */
  readonly microKwh: readonly bigint[] | null;
  /** The same before rounding. */
  readonly exact: readonly Rational[] | null;
  /** Days used, in the order that the method produced. */
  readonly used: readonly LocalDate[];
  /** Days left out, most recent first, as far back as the oldest day used or weighed (all when INSUFFICIENT). */
  readonly rejected: readonly RejectedDay[];
  readonly adjustment: Adjustment | null;
  readonly flag: BaselineFlag | null;
}

/** Why a baseline cannot even be asked for. */
export type BaselineRefusal = 'unknown_day' | 'window_outside_day' | 'window_misaligned';

/** A request whose window has been laid out on the slots of its day. */
export interface SlotRequest extends BaselineRequest {
  readonly eventDay: IndexedDay;
  /** Slots of the window, one per meter step, in time order. */
  readonly slots: readonly number[];
  /** Local minute of the day at which the window starts. */
  readonly startMinute: number;
}
