import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatCheckpoint, openCheckpoint, parseCheckpoint } from './checkpoint.js';
import { cosignatureTimestamp, ed25519CosignatureVerifier, ed25519Cosigner } from './cosignature.js';
import { concatBytes, fromBase64, toHex, utf8 } from './encoding.js';
import { emptyRoot } from './hash.js';
import { COSIGNED_AT, cosignedCheckpoint, keyOf, LOG, ORIGIN, WITNESSES } from './log.fixture.js';
import { parseNote } from './note.js';
import { noteVerifier } from './note-key.js';
import { formatVkey } from './vkey.js';
import { flipped, refusalOf } from './tree.fixture.js';

// The example of tlog-checkpoint and tlog-cosignature.
const SPEC_TEXT = 'example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n';
const SPEC_NOTE = `${SPEC_TEXT}
\u2014 example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
\u2014 witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==
`;

describe('a checkpoint', () => {
  it('of the specification reads and writes to the byte', () => {
    const checkpoint = parseCheckpoint(parseNote(SPEC_NOTE).text);
    expect(checkpoint).toMatchObject({ origin: 'example.com/behind-the-sofa', size: 20_852_163, extensions: [] });
    expect(formatCheckpoint(checkpoint)).toBe(SPEC_TEXT);
  });

  it('comes back the same for any origin, size, root and extension lines', () => {
    const line = fc.stringMatching(/^[ -~]{1,30}$/);
    const checkpoint = fc.record({
      origin: line,
      size: fc.maxSafeNat(),
      root: fc.uint8Array({ minLength: 32, maxLength: 32 }),
      extensions: fc.array(line, { maxLength: 3 }),
    });
    fc.assert(
      fc.property(checkpoint, (any) => {
        expect(parseCheckpoint(formatCheckpoint(any))).toEqual(any);
      }),
    );
  });

  it.each([
    ['two lines', 'log.example\n1\n'],
    ['a leading zero', SPEC_TEXT.replace('20852163', '020852163')],
    ['a size above 2^53 - 1', SPEC_TEXT.replace('20852163', '9007199254740992')],
    ['a short root', 'log.example\n1\nAAAA\n'],
    ['an empty origin', SPEC_TEXT.replace('example.com/behind-the-sofa', '')],
    ['an empty extension line', `${SPEC_TEXT}\n`],
    ['no final newline', SPEC_TEXT.trimEnd()],
  ])('is refused with %s', async (_, text) => {
    expect(await refusalOf(() => parseCheckpoint(text))).toBe('bad_checkpoint');
  });

  it('is not written with a line that would read as two or as none', async () => {
    const good = { origin: ORIGIN, size: 1, root: emptyRoot(), extensions: [] };
    expect(await refusalOf(() => formatCheckpoint({ ...good, origin: 'a\nb' }))).toBe('bad_checkpoint');
    expect(await refusalOf(() => formatCheckpoint({ ...good, extensions: [''] }))).toBe('bad_checkpoint');
    expect(await refusalOf(() => formatCheckpoint({ ...good, size: -1 }))).toBe('out_of_range');
  });

  it('opens with the key of its log', async () => {
    const { checkpoint } = openCheckpoint(await cosignedCheckpoint(7, []), [noteVerifier(LOG.vkey)]);
    expect([checkpoint.origin, checkpoint.size]).toEqual([ORIGIN, 7]);
  });
});

describe('a cosignature', () => {
  const [witness] = WITNESSES;

  it('of the specification carries its key ID and its time', () => {
    const cosignature = parseNote(SPEC_NOTE).signatures[1];
    expect(cosignature?.keyId).toBe('8d66cf3f');
    expect(cosignatureTimestamp(cosignature?.signature ?? new Uint8Array())).toBe(1_679_315_147);
  });

  it('signs header, time and whole note text, after a big-endian time', async () => {
    const { signature } = await ed25519Cosigner('w.example', keyOf(3)).cosign(SPEC_TEXT, 1_679_315_147);
    expect(toHex(signature.subarray(0, 8))).toBe('00000000641850cb');
    const message = utf8(`cosignature/v1\ntime 1679315147\n${SPEC_TEXT}`);
    expect(signature.subarray(8)).toEqual(keyOf(3).sign(message));
  });

  it('has the verifier key that filippo.io/torchwood v0.6.1 gives the same name and seed', () => {
    expect(formatVkey(ed25519Cosigner('witness.example/w', keyOf(2)).vkey)).toBe(
      'witness.example/w+cb1393dc+BIE5dw6ofRdfVqNUZsNMfszLjYqRtO43ol32D1uPybOU',
    );
  });

  it('verifies only with its own text and time', async () => {
    if (!witness) throw new Error('the fixture has a witness');
    const verifier = noteVerifier(witness.vkey);
    const { signature } = await witness.cosign(SPEC_TEXT, COSIGNED_AT);
    expect(verifier.verify(SPEC_TEXT, signature)).toBe(true);
    expect(verifier.verify(SPEC_TEXT.replace('20852163', '20852164'), signature)).toBe(false);
    expect(verifier.verify(SPEC_TEXT, flipped(signature, 7))).toBe(false);
    expect(verifier.verify(SPEC_TEXT, signature.subarray(1))).toBe(false);
    expect(verifier.verify(SPEC_TEXT, signature.subarray(8))).toBe(false);
  });

  it('does not verify with a time above 2^53 - 1, and is refused for what is no checkpoint', async () => {
    const key = keyOf(3);
    const cosigner = ed25519Cosigner('w.example', key);
    const verifier = ed25519CosignatureVerifier(cosigner.vkey);
    const signature = key.sign(utf8(`cosignature/v1\ntime ${2n ** 60n}\n${SPEC_TEXT}`));
    const time = Uint8Array.of(0x10, 0, 0, 0, 0, 0, 0, 0);
    expect(verifier.verify(SPEC_TEXT, concatBytes(time, signature))).toBe(false);
    expect(await refusalOf(() => cosigner.cosign('just a text\n', COSIGNED_AT))).toBe('bad_checkpoint');
    expect(await refusalOf(() => cosigner.cosign(SPEC_TEXT, 0))).toBe('out_of_range');
    expect(await refusalOf(() => cosignatureTimestamp(fromBase64('AAAA')))).toBe('bad_encoding');
  });
});
