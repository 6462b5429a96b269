import { type Result, ok, refuse } from '@gridpact/kernel';
import { sameBytes } from '@gridpact/tlog';
import canonicalize from 'canonicalize';

/** Why bytes are no canonical JSON. */
export type CanonicalRefusal = 'not_json' | 'not_canonical';

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * RFC 8785 canonical JSON text. Throws for what JSON cannot say (undefined, NaN, infinities, bigint, lone surrogates):
 * integers beyond 2^53 travel as decimal strings.
 */
export function canonicalText(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError('value has no JSON form');
  return text;
}

/** UTF-8 bytes of {@link canonicalText}: what is hashed and signed. */
export function canonicalBytes(value: unknown): Uint8Array {
  return encoder.encode(canonicalText(value));
}

/**
 * Reads canonical JSON only. The value is written again and compared byte by byte, which refuses at once repeated
 * member names, other member order, white space, other number and string spellings, a byte order mark and bad UTF-8.
 */
export function parseCanonical(bytes: Uint8Array): Result<unknown, CanonicalRefusal> {
  const value = jsonOf(bytes);
  if (value === undefined) return refuse('not_json', 'bytes are not JSON in UTF-8');
  if (!sameBytes(rewritten(value), bytes)) return refuse('not_canonical', 'bytes are not RFC 8785 canonical JSON');
  return ok(value);
}

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(bytes));
  } catch {
    return undefined;
  }
}

/** JSON may spell a lone surrogate (`"\ud800"`), which has no canonical form: then nothing equals it. */
function rewritten(value: unknown): Uint8Array {
  try {
    return canonicalBytes(value);
  } catch {
    return new Uint8Array();
  }
}
