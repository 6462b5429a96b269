import { type Result, ok, refuse } from './result.js';

declare const business: unique symbol;
declare const machine: unique symbol;

/**
 * A moment of business time: statement `at`, deadlines, readings. UTC milliseconds since 1970. In a sandbox it runs from
 * a sealed `clock.set` mapping and may be years away from machine time, hence a type of its own.
 */
export type Instant = number & { readonly [business]: true };

/** A moment of machine time: cosignatures, tokens, TLS, retries. UTC milliseconds since 1970. */
export type MachineInstant = number & { readonly [machine]: true };

/** Half-open span of business time `[start, end)`. */
export interface Interval {
  readonly start: Instant;
  readonly end: Instant;
}

export const MS_PER_MINUTE = 60_000;
export const MS_PER_HOUR = 3_600_000;
export const MS_PER_DAY = 86_400_000;

/** Last moment that RFC 3339 can write: 9999-12-31T23:59:59.999Z. */
const MAX_MS = 253_402_300_799_999;
const RFC3339 = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;

/** Business instant from UTC milliseconds; throws outside years 0 to 9999 or when not an integer. */
export function instant(ms: number): Instant {
  return checkedMs(ms) as Instant;
}

/** Machine instant from UTC milliseconds; throws outside years 0 to 9999 or when not an integer. */
export function machineInstant(ms: number): MachineInstant {
  return checkedMs(ms) as MachineInstant;
}

/** Moves a business instant by milliseconds. */
export function plusMs(at: Instant, ms: number): Instant {
  return instant(at + ms);
}

/** RFC 3339 with milliseconds and `Z`: the only form written into statements, so that equal instants are equal bytes. */
export function formatInstant(at: Instant | MachineInstant): string {
  return new Date(at).toISOString();
}

/** Reads RFC 3339 with any offset; refuses `bad_instant` for anything else, such as a missing zone or 30 February. */
export function parseInstant(text: string): Result<Instant, 'bad_instant'> {
  const parts = RFC3339.exec(text);
  const ms = parts ? Date.parse(text) : Number.NaN;
  if (!parts || Number.isNaN(ms) || !dayExists(parts)) {
    return refuse('bad_instant', `"${text}" is not an RFC 3339 instant such as 2026-07-01T14:00:00Z`);
  }
  return ok(instant(ms));
}

/** Reads an RFC 3339 instant that a schema has already checked; throws otherwise. */
export function instantOf(text: string): Instant {
  const parsed = parseInstant(text);
  if (!parsed.ok) throw new Error(parsed.refusal.detail);
  return parsed.value;
}

/** True when `at` lies in `[start, end)`. */
export function contains(interval: Interval, at: Instant): boolean {
  return interval.start <= at && at < interval.end;
}

/** True when two half-open intervals share at least one moment. */
export function overlaps(a: Interval, b: Interval): boolean {
  return a.start < b.end && b.start < a.end;
}

/**
 * Sandbox mapping from machine to business time (`clock.set`): business = businessEpoch + rate * (machine - machineEpoch).
 * `ratePermille` 1000 is real speed, 60000 plays an hour in a minute, 0 holds the clock.
 */
export interface ClockMapping {
  readonly machineEpoch: MachineInstant;
  readonly businessEpoch: Instant;
  readonly ratePermille: number;
}

/** Business time at a machine moment under a mapping; a moment before the mapping's epoch counts as its epoch. */
export function businessAt(mapping: ClockMapping, machine: MachineInstant): Instant {
  const elapsed = Math.max(0, machine - mapping.machineEpoch);
  return instant(mapping.businessEpoch + Math.floor((elapsed * mapping.ratePermille) / 1000));
}

function checkedMs(ms: number): number {
  if (!Number.isSafeInteger(ms) || ms < -62_167_219_200_000 || ms > MAX_MS) {
    throw new RangeError(`not a UTC millisecond of the years 0 to 9999: ${ms}`);
  }
  return ms;
}

function dayExists(parts: RegExpExecArray): boolean {
  const [, year, month, day] = parts;
  const date = new Date(`${year}-${month}-${day}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.getUTCDate() === Number(day);
}
