import { formatInstant, parseInstant } from '@gridpact/kernel';
import { decimalSigned, decimalUnsigned } from '@gridpact/program';
import { z } from 'zod';

/** RFC 3339 in UTC with milliseconds: the only instant form in statements, so that equal instants are equal bytes. */
export const instantText = z
  .string()
  .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/, 'UTC with milliseconds')
  .refine(isExactInstant, 'a moment that exists');
/** SHA-256 in lower-case hex; leaf hashes of statements are written so. */
export const leafHashHex = z.string().regex(/^[0-9a-f]{64}$/, 'a SHA-256 in lower-case hex');
/** base64url without padding (RFC 4648 section 5). */
export const base64urlText = z.string().regex(/^[A-Za-z0-9_-]{1,4096}$/, 'base64url without padding');
/** Pseudonymous party id: lower-case letters, digits, dots, hyphens. */
export const partyId = z.string().regex(/^[a-z0-9][a-z0-9.-]{0,63}$/, 'a party id');
/** Non-negative integer in a decimal string; the field's name carries the unit. */
export const watt = decimalUnsigned;
export const quantity = decimalUnsigned;
export const signedQuantity = decimalSigned;

/** Half-open span `[start, end)` with a constant power. */
export const wattInterval = z.strictObject({ start: instantText, end: instantText, watt });

/** A batch sealed as one statement: Merkle root (RFC 6962, hex) over its items, and how many there are. */
export const batchRoot = z.strictObject({ root: leafHashHex, count: z.int().min(0).max(10_000_000) });

/** Refuses 30 February, and 24:00 as a second spelling of the next day's midnight. */
function isExactInstant(text: string): boolean {
  const parsed = parseInstant(text);
  return parsed.ok && formatInstant(parsed.value) === text;
}
