import { type LocalDate, type Rational, add, max, multiply, rational, roundHalfEven } from '@gridpact/kernel';
import type { Adjusted } from './adjustment.js';
import type { Candidate, DayChoice } from './candidates.js';
import type { Adjustment, Baseline, BaselineMethodName, RejectedDay, SlotRequest } from './method.js';

/** A method as a function; same-day and regression methods join as further rules of this shape. */
export type MethodRule = (request: SlotRequest) => Omit<Baseline, 'method'>;

/** Chooses the days of a day-matching method. */
export type DayRule = (request: SlotRequest) => DayChoice;

/** Adjusts the mean of the chosen days to the event day. */
export type AdjustmentRule = (request: SlotRequest, chosen: readonly Candidate[]) => Adjusted;

const UNADJUSTED: Adjusted = { adjustment: null, flag: null };

/** Mean of chosen days per slot, then an optional same-day adjustment; exact until the one rounding at the end. */
export function dayMatching(choose: DayRule, adjust: AdjustmentRule = () => UNADJUSTED): MethodRule {
  return (request) => {
    const choice = choose(request);
    if (!choice.enough) return insufficient(choice);
    const { adjustment, flag } = adjust(request, choice.chosen);
    const exact = meanOf(choice.chosen, request.slots).map((value) => adjusted(value, adjustment));
    const used = choice.chosen.map((candidate) => candidate.date);
    const rejected = rejectedSince(oldest([...used, ...choice.dropped.map((day) => day.date)]), choice);
    return { microKwh: exact.map(roundHalfEven), exact, used, rejected, adjustment, flag };
  };
}

/** Names the rule's method on its result. */
export function namedResult(method: BaselineMethodName, rule: MethodRule, request: SlotRequest): Baseline {
  return { method, ...rule(request) };
}

function meanOf(chosen: readonly Candidate[], slots: readonly number[]): Rational[] {
  const halvesPerDay = 2n * BigInt(chosen.length);
  return slots.map((slot) => {
    const sum = chosen.reduce((running, candidate) => running + (candidate.halves[slot] ?? 0n), 0n);
    return rational(sum, halvesPerDay);
  });
}

/** An additive adjustment never takes a baseline below zero; a factor leaves the sign alone (BASELINE-SPEC section 2). */
function adjusted(value: Rational, adjustment: Adjustment | null): Rational {
  if (!adjustment) return value;
  if (adjustment.kind === 'factor') return multiply(value, adjustment.value);
  return max(rational(0n), add(value, adjustment.value));
}

function oldest(dates: readonly LocalDate[]): LocalDate {
  return dates.reduce((earliest, date) => (date < earliest ? date : earliest), dates[0] ?? '');
}

function insufficient(choice: DayChoice): Omit<Baseline, 'method'> {
  const rejected = rejectedSince('', choice);
  return { microKwh: null, exact: null, used: [], rejected, adjustment: null, flag: 'INSUFFICIENT' };
}

function rejectedSince(date: LocalDate, choice: DayChoice): RejectedDay[] {
  const rejected = [...choice.passedOver, ...choice.dropped].filter((day) => day.date >= date);
  return rejected.sort((a, b) => (a.date > b.date ? -1 : 1));
}
