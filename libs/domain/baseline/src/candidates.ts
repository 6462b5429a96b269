import { type LocalDate, addDays } from '@gridpact/kernel';
import type { RejectedDay, RejectionCode, SlotRequest } from './method.js';
import type { IndexedDay } from './series.js';

/** A day that may serve, with its use over the event window (half micro-kWh, the sum over the window's slots). */
export interface Candidate {
  readonly date: LocalDate;
  readonly halves: readonly (bigint | null)[];
  readonly use: bigint;
}

/** How a method looks for days: BASELINE-SPEC `cands(type, lookback, skip, need)`. */
export interface DaySearch {
  /** `two-way` knows working days and the rest, `three-way` tells Saturdays from Sundays and holidays. */
  readonly grouping: 'two-way' | 'three-way';
  readonly lookbackDays: number;
  /** Days directly before the event day that are passed over. */
  readonly skipDays: number;
  /** Slots in which each day must have a reading. */
  readonly needed: readonly number[];
}

/** What a search found, and what it left out and why; both most recent first. */
export interface FoundDays {
  readonly candidates: readonly Candidate[];
  readonly rejected: readonly RejectedDay[];
}

/** The days a method settled on, in its order, those it weighed and dropped, those passed over, and whether they suffice. */
export interface DayChoice {
  readonly chosen: readonly Candidate[];
  readonly dropped: readonly RejectedDay[];
  readonly passedOver: readonly RejectedDay[];
  readonly enough: boolean;
}

/** Walks back from the event day and keeps the days that may serve. */
export function findDays(request: SlotRequest, search: DaySearch): FoundDays {
  const candidates: Candidate[] = [];
  const rejected: RejectedDay[] = [];
  for (let back = 1 + search.skipDays; back <= search.lookbackDays; back += 1) {
    const date = addDays(request.date, -back);
    const day = request.series.days.get(date);
    const code = rejectionOf(request, search, date, day);
    if (code) rejected.push({ date, code });
    else if (day) candidates.push({ date, halves: day.halves, use: sumOver(day.halves, request.slots) });
  }
  return { candidates, rejected };
}

/** The n candidates with the largest use; equal use, the more recent first (BASELINE-SPEC `top`). */
export function highestUse(candidates: readonly Candidate[], n: number): readonly Candidate[] {
  return [...candidates].sort((a, b) => (a.use === b.use ? 0 : a.use > b.use ? -1 : 1)).slice(0, n);
}

/** Candidates that a rule dropped, with its reason. */
export function droppedFor(
  code: RejectionCode,
  before: readonly Candidate[],
  kept: readonly Candidate[],
): RejectedDay[] {
  const dates = new Set(kept.map((candidate) => candidate.date));
  return before.filter((candidate) => !dates.has(candidate.date)).map(({ date }) => ({ date, code }));
}

/** Sum over slots in half micro-kWh; throws where a reading is missing, since candidates were checked. */
export function sumOver(halves: readonly (bigint | null)[], slots: readonly number[]): bigint {
  let sum = 0n;
  for (const slot of slots) {
    const value = halves[slot];
    if (value === null || value === undefined) throw new Error(`no reading in slot ${slot}`);
    sum += value;
  }
  return sum;
}

/** True when every slot has a reading. */
export function hasAll(halves: readonly (bigint | null)[], slots: readonly number[]): boolean {
  return slots.every((slot) => halves[slot] !== null && halves[slot] !== undefined);
}

function rejectionOf(
  request: SlotRequest,
  search: DaySearch,
  date: LocalDate,
  day: IndexedDay | undefined,
): RejectionCode | null {
  if (day && !sameType(day, request.eventDay, search.grouping)) return 'other_day_type';
  if (request.eventDays.has(date)) return 'event_day';
  if (day?.outage) return 'outage';
  if (day?.excluded) return 'excluded';
  if (!day?.complete) return 'incomplete';
  return hasAll(day.halves, search.needed) ? null : 'missing_reading';
}

function sameType(a: IndexedDay, b: IndexedDay, grouping: DaySearch['grouping']): boolean {
  if (grouping === 'three-way') return a.day.type === b.day.type;
  return (a.day.type === 'WD') === (b.day.type === 'WD');
}
