import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes, utf8 } from './encoding.js';
import { decodeEntries, encodeEntries, growBundles, MAX_ENTRY_BYTES } from './entry-bundle.js';
import { refusalOf } from './tree.fixture.js';

const entry = fc.uint8Array({ maxLength: 40 });

describe('an entry bundle', () => {
  it('puts a big-endian 16-bit length before each entry', () => {
    expect(encodeEntries([utf8('ab'), new Uint8Array(), new Uint8Array(258)]).slice(0, 8)).toEqual(
      Uint8Array.of(0, 2, 97, 98, 0, 0, 1, 2),
    );
  });

  it('gives back the entries it was made of, empty ones too', () => {
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 256 }), (entries) => {
        expect(decodeEntries(encodeEntries(entries), entries.length)).toEqual(entries);
      }),
    );
  });

  it('takes an entry of 65,535 bytes and refuses one of 65,536', async () => {
    const longest = new Uint8Array(MAX_ENTRY_BYTES).fill(7);
    expect(decodeEntries(encodeEntries([longest]), 1)).toEqual([longest]);
    expect(await refusalOf(() => encodeEntries([new Uint8Array(MAX_ENTRY_BYTES + 1)]))).toBe('entry_too_long');
  });

  it('is refused when cut short, or with fewer or more entries than its width', async () => {
    const bundle = encodeEntries([utf8('one'), utf8('two')]);
    const bad = [
      () => decodeEntries(bundle.subarray(0, -1), 2),
      () => decodeEntries(bundle.subarray(0, 6), 2),
      () => decodeEntries(bundle, 1),
      () => decodeEntries(bundle, 3),
      () => decodeEntries(concatBytes(bundle, Uint8Array.of(0)), 2),
    ];
    expect(new Set(await Promise.all(bad.map(refusalOf)))).toEqual(new Set(['bad_entry_bundle']));
  });
});

describe('growing the bundles of a log', () => {
  const entries = Array.from({ length: 600 }, (_, i) => utf8(`entry ${i}`));

  it.each([
    [0, 1, [[0, 1]]],
    [0, 256, [[0, 256]]],
    [
      0,
      257,
      [
        [0, 256],
        [1, 1],
      ],
    ],
    [
      255,
      257,
      [
        [0, 256],
        [1, 1],
      ],
    ],
    [256, 257, [[1, 1]]],
    [
      300,
      600,
      [
        [1, 256],
        [2, 88],
      ],
    ],
    [300, 300, []],
  ])('from %i to %i writes the bundles %j', (older, newer, expected) => {
    const partial = encodeEntries(entries.slice(older - (older % 256), older));
    const bundles = growBundles(older, partial, entries.slice(older, newer));
    expect(bundles.map(({ index, width }) => [index, width])).toEqual(expected);
    for (const { index, width, bytes } of bundles) {
      expect(decodeEntries(bytes, width)).toEqual(entries.slice(index * 256, index * 256 + width));
    }
  });

  it('refuses a stored partial bundle that is not as wide as the log says', async () => {
    expect(await refusalOf(() => growBundles(2, encodeEntries([utf8('one')]), entries))).toBe('bad_entry_bundle');
  });
});
