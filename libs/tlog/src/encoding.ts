import { TlogError } from './errors.js';

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const HEX = /^(?:[0-9a-f]{2})*$/;
const DECIMAL = /^(?:0|[1-9][0-9]*)$/;

/** Characters handed to `String.fromCharCode` at once, below every engine's argument limit. */
const CHARACTERS_AT_ONCE = 8192;

/** UTF-8 bytes of a text. */
export function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/** Text of UTF-8 bytes, a byte order mark included; refuses `bad_encoding` for anything that is not UTF-8. */
export function fromUtf8(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new TlogError('bad_encoding', 'the bytes are not UTF-8');
  }
}

/** Lower-case hex (RFC 4648 section 8), two digits a byte: how hashes are written in JSON. */
export function toHex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0');
  return text;
}

/** Bytes of lower-case hex; refuses `bad_encoding` for an odd length, upper case or other characters. */
export function fromHex(text: string): Uint8Array {
  if (!HEX.test(text)) throw new TlogError('bad_encoding', 'not lower-case hex');
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i += 1) bytes[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

/** Standard base64 with padding (RFC 4648 section 4): the form of notes, checkpoints and proofs. */
export function toBase64(bytes: Uint8Array): string {
  let binary = '';
  for (let i = 0; i < bytes.length; i += CHARACTERS_AT_ONCE) {
    binary += String.fromCharCode(...bytes.subarray(i, i + CHARACTERS_AT_ONCE));
  }
  return btoa(binary);
}

/** Bytes of standard base64; refuses `bad_encoding` for any text that {@link toBase64} would not have written. */
export function fromBase64(text: string): Uint8Array {
  const bytes = decodeBase64(text);
  if (bytes === undefined || toBase64(bytes) !== text) throw new TlogError('bad_encoding', 'not canonical base64');
  return bytes;
}

/** Base64url without padding (RFC 4648 section 5, RFC 7515 section 2): the form of JWS parts. */
export function toBase64Url(bytes: Uint8Array): string {
  return toBase64(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/** Bytes of base64url; refuses `bad_encoding` for padding, stray bits or any other text not in canonical form. */
export function fromBase64Url(text: string): Uint8Array {
  const bytes = decodeBase64(text.replaceAll('-', '+').replaceAll('_', '/'));
  if (bytes === undefined || toBase64Url(bytes) !== text) {
    throw new TlogError('bad_encoding', 'not canonical base64url');
  }
  return bytes;
}

/**
 * A non-negative ASCII decimal without leading zeros, as sizes and indices are written; refuses `bad_encoding` for
 * anything else and `out_of_range` above 2^53 - 1, the largest size that this library handles.
 */
export function parseDecimal(text: string): number {
  if (!DECIMAL.test(text)) throw new TlogError('bad_encoding', 'not a decimal without leading zeros');
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new TlogError('out_of_range', 'a number is above 2^53 - 1');
  return value;
}

/** True when both hold the same bytes. Not in constant time: everything compared here is public. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** The parts one after the other. */
export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

function decodeBase64(text: string): Uint8Array | undefined {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}
