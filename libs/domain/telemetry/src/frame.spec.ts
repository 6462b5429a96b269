import { ed25519PrivateKey, ed25519PublicKey, fromUtf8, utf8 } from '@gridpact/tlog';
import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_FRAME_BYTES, checkFrameSignature, frameSigningBytes, parseFrame, signFrame } from './frame.js';
import { frameWith, readingWith } from './telemetry.fixture.js';

const bytesOf = (value: unknown) => utf8(JSON.stringify(value));
const codeOf = (bytes: Uint8Array) => {
  const parsed = parseFrame(bytes);
  return parsed.ok ? null : parsed.refusal.code;
};
const device = ed25519PrivateKey(new Uint8Array(32).fill(7));
const deviceKey = ed25519PublicKey(device.publicKey);

describe('frame', () => {
  it('is read back as it was sent', () => {
    expect(parseFrame(bytesOf(frameWith()))).toEqual({ ok: true, value: frameWith() });
  });

  it.each([
    ['bytes that are no JSON', utf8('{'), 'not_json'],
    ['bytes that are no UTF-8', Uint8Array.of(0x22, 0xff, 0x22), 'not_json'],
    ['more bytes than a frame holds', new Uint8Array(MAX_FRAME_BYTES + 1).fill(0x20), 'frame_too_large'],
    ['no readings', bytesOf(frameWith({ readings: [] })), 'frame_schema'],
    [
      'more than a thousand readings',
      bytesOf(frameWith({ readings: new Array(1001).fill(readingWith()) })),
      'frame_schema',
    ],
    ['an unknown field', bytesOf({ ...frameWith(), owner: 'me' }), 'frame_schema'],
    [
      'energy as a number',
      bytesOf(frameWith({ readings: [readingWith({ energyMicroKwh: 1 as never })] })),
      'frame_schema',
    ],
    [
      'energy with a fraction',
      bytesOf(frameWith({ readings: [readingWith({ energyMicroKwh: '1.5' })] })),
      'frame_schema',
    ],
    ['a local time', bytesOf(frameWith({ sentAt: '2026-07-15T15:00:05.000+08:00' })), 'frame_schema'],
    ['a day that does not exist', bytesOf(frameWith({ sentAt: '2026-02-30T15:00:05.000Z' })), 'frame_schema'],
    [
      'two values of one interval',
      bytesOf(frameWith({ readings: [readingWith(), readingWith({ energyMicroKwh: '1' })] })),
      'contradictory',
    ],
  ])('is refused with %s', (_, bytes, code) => expect(codeOf(bytes)).toBe(code));

  it('may say the same reading twice', () => {
    expect(codeOf(bytesOf(frameWith({ readings: [readingWith(), readingWith()] })))).toBeNull();
  });

  it('is never read by throwing', () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), fc.json().map(utf8)), (bytes) => {
        expect(codeOf(bytes)).not.toBeNull();
      }),
    );
  });
});

describe('device signature', () => {
  it('covers the canonical frame without the signature', async () => {
    const signed = await signFrame(frameWith(), device);
    expect(fromUtf8(frameSigningBytes(signed))).toBe(canonicalize(frameWith()));
    expect(parseFrame(bytesOf(signed))).toEqual({ ok: true, value: signed });
    expect(checkFrameSignature(signed, deviceKey)).toEqual({ ok: true, value: 'signed' });
  });

  it('fails when anything in the frame changes', async () => {
    const signed = await signFrame(frameWith(), device);
    const other = ed25519PublicKey(ed25519PrivateKey(new Uint8Array(32).fill(8)).publicKey);
    const refused = { ok: false, refusal: { code: 'bad_signature' } };
    expect(checkFrameSignature({ ...signed, seq: 8 }, deviceKey)).toMatchObject(refused);
    expect(
      checkFrameSignature({ ...signed, readings: [readingWith({ energyMicroKwh: '0' })] }, deviceKey),
    ).toMatchObject(refused);
    expect(checkFrameSignature(signed, other)).toMatchObject(refused);
  });

  it('may be absent, and is then reported so', () => {
    expect(checkFrameSignature(frameWith(), deviceKey)).toEqual({ ok: true, value: 'unsigned' });
  });
});
