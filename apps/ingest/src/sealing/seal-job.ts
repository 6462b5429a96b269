import { type Instant, type Interval, MS_PER_HOUR, MS_PER_MINUTE, plusMs, required } from '@gridpact/kernel';
import type { SealKind, Unsealed } from '../series/unsealed-store.js';

/** A day is sealed this long after its end, or after its newest reading arrived when that is later. */
export const DAY_SETTLES_MS = 6 * MS_PER_HOUR;
/** An event window is sealed this long after the event's end, once no reading of it arrived for a while. */
export const WINDOW_SETTLES_MS = 10 * MS_PER_MINUTE;
export const WINDOW_QUIET_MS = 2 * MS_PER_MINUTE;
/** A change of something sealed is sealed anew after this long without another. */
export const CORRECTION_QUIET_MS = 5 * MS_PER_MINUTE;
/** Corrections in one statement: an entry holds 64 KiB, and each names a meter and two roots in clear. */
export const MAX_CORRECTIONS = 150;

/** What one statement seals: one kind, one span, all of it new or all of it correcting one statement. */
export interface SealJob {
  readonly kind: SealKind;
  readonly span: Interval;
  readonly event: Unsealed['event'];
  /** Leaf hash of the statement that is corrected. */
  readonly corrects: string | null;
  readonly wanted: readonly Unsealed[];
}

/** An event that is over, whose window no statement seals yet, with when its readings arrived. */
export interface OpenWindow {
  readonly event: { readonly id: string; readonly statement: string };
  /** From local midnight of the event's day to its end. */
  readonly span: Interval;
  readonly meters: readonly string[];
  readonly newestAt: Instant | null;
}

/** Jobs of the list of work that are due at a business instant. */
export function dueJobs(unsealed: readonly Unsealed[], now: Instant): SealJob[] {
  const groups = Map.groupBy(unsealed, groupOf);
  const jobs = [...groups.values()].map(jobOf).filter((job) => isDue(job, now));
  return jobs.flatMap(split);
}

/** The job that seals an event's window for the first time, once it is due. */
export function windowJob({ event, span, meters, newestAt }: OpenWindow, now: Instant): SealJob[] {
  if (newestAt === null || now < plusMs(span.end, WINDOW_SETTLES_MS) || now < plusMs(newestAt, WINDOW_QUIET_MS)) {
    return [];
  }
  const kind = 'event-window';
  const wanted = meters.map((meter) => ({ meter, kind, span, event, newestAt, sealed: null }) as const);
  return [{ kind, span, event, corrects: null, wanted }];
}

function groupOf({ kind, event, span, sealed }: Unsealed): string {
  return JSON.stringify([kind, event?.id ?? null, span.start, span.end, sealed?.statement ?? null]);
}

function jobOf(wanted: readonly Unsealed[]): SealJob {
  const { kind, span, event, sealed } = required(wanted[0], 'member of a group');
  return { kind, span, event, corrects: sealed?.statement ?? null, wanted };
}

/** A day that nothing seals yet waits for its readings to settle; what is late to something sealed, only for quiet. */
function isDue({ kind, span, corrects, wanted }: SealJob, now: Instant): boolean {
  const newest = Math.max(...wanted.map(({ newestAt }) => newestAt));
  if (corrects !== null || kind === 'event-window') return now >= newest + CORRECTION_QUIET_MS;
  return now >= Math.max(span.end, newest) + DAY_SETTLES_MS;
}

function split(job: SealJob): SealJob[] {
  if (job.corrects === null) return [job];
  const parts = Math.ceil(job.wanted.length / MAX_CORRECTIONS);
  return Array.from({ length: parts }, (_, index) => {
    return { ...job, wanted: job.wanted.slice(index * MAX_CORRECTIONS, (index + 1) * MAX_CORRECTIONS) };
  });
}
