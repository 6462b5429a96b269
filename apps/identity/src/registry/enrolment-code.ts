import { createHmac } from 'node:crypto';
import { type Instant, MS_PER_DAY, formatInstant, type Result, ok, refuse } from '@gridpact/kernel';

/** Letters and digits that nobody confuses on paper: no 0 or O, no 1, I or L. */
export const CODE_ALPHABET = '23456789ABCDEFGHJKMNPQRSTUVWXYZ';
/** 31^10 codes, about 2^49: not to be guessed online, and useless to search for without the key of the digests. */
export const CODE_CHARACTERS = 10;
/** How long a code may be used, in business time. */
export const CODE_LIFETIME_MS = 30 * MS_PER_DAY;
/** Refused registrations after which a code is dead; its owner asks the aggregator for another. */
export const MAX_REFUSED_TRIES = 10;

/** What a party that a code may register is. */
export type EnrolledRole = 'user' | 'device';

/** A code handed over at enrolment, as the registry knows it: by digest only. */
export interface EnrolmentCode {
  readonly party: string;
  readonly role: EnrolledRole;
  readonly expiresAt: Instant;
  readonly refusedTries: number;
  /** SHA-256 (hex) of the entry that used it up; null while it waits. */
  readonly usedByEntry: string | null;
}

/** Why a code opens nothing. */
export type CodeRefusal = 'code_unknown' | 'code_used' | 'code_locked' | 'code_expired';

/** A new code; `randomBelow` draws evenly from `[0, bound)` and must not be guessable. */
export function newCode(randomBelow: (bound: number) => number): string {
  const letters = Array.from({ length: CODE_CHARACTERS }, () => CODE_ALPHABET[randomBelow(CODE_ALPHABET.length)]);
  return letters.join('');
}

/** A code as typed by hand: spaces and hyphens do not count, nor does case. */
export function normalisedCode(typed: string): string {
  return typed.replace(/[\s-]/g, '').toUpperCase();
}

/** Keyed digest (hex) under which a code is stored: whoever reads the table but not the key cannot search for codes. */
export function codeDigest(key: Uint8Array, code: string): string {
  return createHmac('sha256', key).update(normalisedCode(code), 'utf8').digest('hex');
}

/** Grants a waiting code whose time has not run out. */
export function openCode(code: EnrolmentCode | undefined, now: Instant): Result<EnrolmentCode, CodeRefusal> {
  if (!code) return refuse('code_unknown', 'no such enrolment code; check the letters or ask your aggregator');
  if (code.usedByEntry) return refuse('code_used', 'this enrolment code was used for another key');
  if (code.refusedTries >= MAX_REFUSED_TRIES)
    return refuse('code_locked', 'too many refused tries; ask for a new code');
  if (now >= code.expiresAt) return refuse('code_expired', `this code ended at ${formatInstant(code.expiresAt)}`);
  return ok(code);
}
