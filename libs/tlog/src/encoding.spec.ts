import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  fromBase64,
  fromBase64Url,
  fromHex,
  fromUtf8,
  parseDecimal,
  toBase64,
  toBase64Url,
  toHex,
  utf8,
} from './encoding.js';
import { refusalOf } from './tree.fixture.js';

describe('encodings', () => {
  it('agree with Node’s own for any bytes, and come back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 20_000 }), (bytes) => {
        const buffer = Buffer.from(bytes);
        expect([toHex(bytes), toBase64(bytes), toBase64Url(bytes)]).toEqual(
          (['hex', 'base64', 'base64url'] as const).map((encoding) => buffer.toString(encoding)),
        );
        expect([fromHex(toHex(bytes)), fromBase64(toBase64(bytes)), fromBase64Url(toBase64Url(bytes))]).toEqual([
          bytes,
          bytes,
          bytes,
        ]);
      }),
      { numRuns: 30 },
    );
  });

  it('have one text for each value: anything else is refused', async () => {
    const bad = [
      () => fromHex('abc'),
      () => fromHex('AB'),
      () => fromHex('0g'),
      () => fromBase64('QQ'),
      () => fromBase64('QR=='),
      () => fromBase64('QQ==\n'),
      () => fromBase64('_-8='),
      () => fromBase64Url('QQ=='),
      () => fromBase64Url('QR'),
      () => fromBase64Url('+/8'),
      () => fromBase64Url('Q'),
      () => fromUtf8(Uint8Array.of(0xc3, 0x28)),
      () => parseDecimal(''),
      () => parseDecimal('01'),
      () => parseDecimal('-1'),
      () => parseDecimal('1e3'),
      () => parseDecimal('1\n'),
    ];
    expect(new Set(await Promise.all(bad.map(refusalOf)))).toEqual(new Set(['bad_encoding']));
  });

  it('keep a byte order mark and refuse decimals above 2^53 - 1', async () => {
    expect(fromUtf8(utf8('\ufeffa'))).toBe('\ufeffa');
    expect(parseDecimal('9007199254740991')).toBe(Number.MAX_SAFE_INTEGER);
    expect(await refusalOf(() => parseDecimal('9007199254740992'))).toBe('out_of_range');
  });
});
