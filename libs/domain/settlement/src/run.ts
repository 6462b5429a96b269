import { MAX_LOOKBACK_DAYS, type ResolvedDay, dayTypes } from '@gridpact/baseline';
import {
  type Interval,
  MS_PER_MINUTE,
  type MicroCnyPerKwh,
  type Result,
  addDays,
  formatInstant,
  instantOf,
  ok,
  refuse,
  required,
} from '@gridpact/kernel';
import type { RulePack } from '@gridpact/program';
import type { SealedDay, SettlementInputs } from './inputs.js';
import type { ContractRefusal } from './outputs.js';
import { type SettlementRules, settlementRules } from './rules.js';

/** What all lines of a run share, checked and in numbers. */
export interface Run {
  readonly pack: RulePack;
  readonly rules: SettlementRules;
  readonly days: readonly ResolvedDay[];
  /** The last of the days. */
  readonly eventDay: ResolvedDay;
  readonly intervals: readonly Interval[];
  readonly window: Interval;
  readonly clearingPriceMicroCnyPerKwh: MicroCnyPerKwh;
}

/** Energy of a whole watt is a whole micro-kWh only over multiples of this. */
const EXACT_SPAN_MS = 3600;

/** Checks what all lines share: the pack and its dates, the sealed days, the event's intervals within the event day. */
export function openRun(inputs: SettlementInputs): Result<Run, ContractRefusal> {
  const rules = settlementRules(inputs.rulePack);
  if (!rules.ok) return rules;
  const days = resolvedDays(inputs);
  if (!days.ok) return days;
  const eventDay = required(days.value.at(-1), 'event day');
  const intervals = inputs.event.intervals.map(spanOf);
  const fault = forceFault(inputs.rulePack, eventDay.date) ?? intervalFault(intervals, inputs.rulePack, eventDay);
  if (fault) return fault;
  const window = { start: required(intervals[0], 'interval').start, end: required(intervals.at(-1), 'interval').end };
  const clearingPriceMicroCnyPerKwh = BigInt(inputs.event.clearingPriceMicroCnyPerKwh);
  const shared = { pack: inputs.rulePack, rules: rules.value, days: days.value, eventDay };
  return ok({ ...shared, intervals, window, clearingPriceMicroCnyPerKwh });
}

/** A span of the inputs as instants. */
export function spanOf(span: { readonly start: string; readonly end: string }): Interval {
  return { start: instantOf(span.start), end: instantOf(span.end) };
}

/** Resolved days as they stand in the inputs; to be sealed by whoever holds the time zone database. */
export function sealedDays(days: readonly ResolvedDay[]): SealedDay[] {
  return days.map(({ date, start, end, type, shifts }) => ({
    date,
    start: formatInstant(start),
    end: formatInstant(end),
    type,
    shifts: shifts.map((shift) => ({ at: formatInstant(shift.at), minutes: shift.minutes })),
  }));
}

function resolvedDays(inputs: SettlementInputs): Result<ResolvedDay[], ContractRefusal> {
  const days = inputs.days.map(resolvedDay);
  if (days.length !== MAX_LOOKBACK_DAYS + 1) {
    return refuse('days_inconsistent', `the event day and the ${MAX_LOOKBACK_DAYS} days before it are needed`);
  }
  const typeOf = dayTypes(inputs.rulePack.calendar);
  for (const [index, day] of days.entries()) {
    const before = days[index - 1];
    const follows = !before || (day.start === before.end && day.date === addDays(before.date, 1));
    if (!follows || !fillsClock(day)) return refuse('days_inconsistent', `${day.date} does not follow or fill its day`);
    if (typeOf(day.date) !== day.type) return refuse('day_type_mismatch', `${day.date} is no ${day.type} by calendar`);
  }
  return ok(days);
}

function resolvedDay(day: SealedDay): ResolvedDay {
  const shifts = day.shifts.map((shift) => ({ at: instantOf(shift.at), minutes: shift.minutes }));
  return { date: day.date, type: day.type, ...spanOf(day), shifts };
}

/** A day's hours and its clock changes together make 24 hours on the wall, and each change lies within the day. */
function fillsClock(day: ResolvedDay): boolean {
  const shifted = day.shifts.reduce((minutes, shift) => minutes + shift.minutes, 0);
  const inside = day.shifts.every((shift) => shift.at >= day.start && shift.at < day.end);
  return inside && (day.end - day.start) / MS_PER_MINUTE + shifted === 1440;
}

function forceFault(pack: RulePack, date: string) {
  const inForce = pack.effectiveFrom <= date && (pack.effectiveTo === null || date <= pack.effectiveTo);
  return inForce ? null : refuse('pack_not_in_force', `${pack.name} ${pack.version} is not in force on ${date}`);
}

function intervalFault(intervals: readonly Interval[], pack: RulePack, day: ResolvedDay) {
  for (const [index, { start, end }] of intervals.entries()) {
    const before = intervals[index - 1];
    if (before && before.end !== start)
      return refuse('intervals_not_consecutive', `interval ${index + 1} leaves a gap`);
    const length = end - start;
    if (length <= 0 || length % pack.intervalMs !== 0 || length % EXACT_SPAN_MS !== 0) {
      return refuse('interval_mismatch', `interval ${index + 1} is no multiple of the pack's ${pack.intervalMs} ms`);
    }
    if (start < day.start || end > day.end) return refuse('intervals_outside_day', `the event leaves ${day.date}`);
  }
  return null;
}
