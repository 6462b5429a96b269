import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CompactRange, merkleRoot } from './compact-range.js';
import { consistencyProof, verifyConsistency } from './consistency.js';
import { fromHex, toHex } from './encoding.js';
import { emptyRoot, leafHash } from './hash.js';
import { inclusionProof, inclusionRoot, verifyInclusion } from './inclusion.js';
import { MerkleTree } from './merkle-tree.js';
import { CONSISTENCY_PROOFS, INCLUSION_PROOFS, LEAF_INPUTS_HEX, ROOTS_HEX } from './merkle.vectors.js';
import { flipped, leaves, recursivePath, recursiveProof, recursiveRoot, refusalOf } from './tree.fixture.js';

const LARGEST = 600;
const all = leaves(LARGEST);
const reference = LEAF_INPUTS_HEX.map((input) => leafHash(fromHex(input)));
const hex = (hashes: readonly Uint8Array[]) => hashes.map(toHex);
const sizeAndIndex = fc
  .integer({ min: 1, max: LARGEST })
  .chain((size) => fc.tuple(fc.constant(size), fc.integer({ min: 0, max: size - 1 })));
const twoSizes = fc.tuple(fc.integer({ min: 0, max: LARGEST }), fc.integer({ min: 0, max: LARGEST }));

describe('the reference trees of certificate transparency', () => {
  it.each(ROOTS_HEX.map((root, size) => ({ size, root })))(
    'have the published root at size $size',
    ({ size, root }) => {
      expect(toHex(merkleRoot(reference.slice(0, size)))).toBe(root);
      expect(toHex(new MerkleTree(reference).root(size))).toBe(root);
    },
  );

  it.each(INCLUSION_PROOFS)('have the published proof of entry $index at size $size', ({ index, size, path }) => {
    expect(hex(inclusionProof(reference.slice(0, size), index))).toEqual(path);
  });

  it.each(CONSISTENCY_PROOFS)('have the published proof from size $older to $newer', ({ older, newer, path }) => {
    expect(hex(consistencyProof(reference.slice(0, newer), older))).toEqual(path);
  });
});

describe('a tree against the recursive definitions of RFC 6962', () => {
  it('has the root of MTH at every size, by compact range and in memory', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: LARGEST }), (size) => {
        const expected = toHex(recursiveRoot(all.slice(0, size)));
        expect(toHex(merkleRoot(all.slice(0, size)))).toBe(expected);
        expect(toHex(new MerkleTree(all).root(size))).toBe(expected);
      }),
    );
  });

  it('has the path of PATH for every entry, which leads to the root', () => {
    fc.assert(
      fc.property(sizeAndIndex, ([size, index]) => {
        const some = all.slice(0, size);
        const path = inclusionProof(some, index);
        expect(hex(path)).toEqual(hex(recursivePath(index, some)));
        verifyInclusion(all[index] ?? emptyRoot(), index, { size, root: recursiveRoot(some) }, path);
      }),
    );
  });

  it('has the proof of SUBPROOF between any two sizes, which verifies', () => {
    fc.assert(
      fc.property(twoSizes, (sizes) => {
        const [older = 0, newer = 0] = sizes.toSorted((a, b) => a - b);
        const proof = consistencyProof(all.slice(0, newer), older);
        if (older > 0) expect(hex(proof)).toEqual(hex(recursiveProof(older, all.slice(0, newer))));
        verifyConsistency(headAt(older), headAt(newer), proof);
      }),
    );
  });

  it('goes on from a stored compact range as if it had never stopped', () => {
    fc.assert(
      fc.property(twoSizes, (sizes) => {
        const [stop = 0, size = 0] = sizes.toSorted((a, b) => a - b);
        const before = new CompactRange();
        all.slice(0, stop).forEach((leaf) => before.append(leaf));
        const after = new CompactRange(before.size, before.frontier);
        all.slice(stop, size).forEach((leaf) => after.append(leaf));
        expect(toHex(after.root())).toBe(toHex(recursiveRoot(all.slice(0, size))));
      }),
    );
  });
});

describe('an inclusion proof', () => {
  const size = 11;
  const tree = headAt(size);
  const path = inclusionProof(all.slice(0, size), 5);
  const leaf = all[5] ?? emptyRoot();

  it('is refused when any of its parts is changed', async () => {
    const bad = [
      () => verifyInclusion(flipped(leaf), 5, tree, path),
      () => verifyInclusion(leaf, 4, tree, path),
      () => verifyInclusion(leaf, 5, { ...tree, root: flipped(tree.root, 31) }, path),
      () => verifyInclusion(leaf, 5, { ...tree, size: 8 }, path),
      () => verifyInclusion(leaf, 5, tree, [...path, leaf]),
      () => verifyInclusion(leaf, 5, tree, path.slice(1)),
      ...path.map((_, at) => () => {
        verifyInclusion(
          leaf,
          5,
          tree,
          path.map((hash, i) => (i === at ? flipped(hash) : hash)),
        );
      }),
    ];
    expect(new Set(await Promise.all(bad.map(refusalOf)))).toEqual(new Set(['bad_inclusion_proof']));
  });

  it('is refused for an entry outside the tree, and for hashes of another length', async () => {
    expect(await refusalOf(() => inclusionRoot(leaf, size, size, path))).toBe('out_of_range');
    expect(await refusalOf(() => inclusionRoot(leaf, -1, size, path))).toBe('out_of_range');
    expect(await refusalOf(() => inclusionRoot(leaf, 0.5, size, path))).toBe('out_of_range');
    expect(await refusalOf(() => inclusionRoot(leaf, 0, 0, []))).toBe('out_of_range');
    expect(await refusalOf(() => inclusionRoot(leaf.subarray(1), 5, size, path))).toBe('bad_encoding');
  });
});

describe('a consistency proof', () => {
  const proof = consistencyProof(all.slice(0, 11), 6);

  it('is refused when any hash, either root or its length is changed', async () => {
    const [older, newer] = [headAt(6), headAt(11)];
    const bad = [
      () => verifyConsistency({ ...older, root: flipped(older.root) }, newer, proof),
      () => verifyConsistency(older, { ...newer, root: flipped(newer.root) }, proof),
      () => verifyConsistency(older, newer, proof.slice(1)),
      () => verifyConsistency(older, newer, [...proof, newer.root]),
      ...proof.map((_, at) => () => {
        verifyConsistency(
          older,
          newer,
          proof.map((hash, i) => (i === at ? flipped(hash) : hash)),
        );
      }),
    ];
    expect(new Set(await Promise.all(bad.map(refusalOf)))).toEqual(new Set(['bad_consistency_proof']));
  });

  it('has to be empty from size 0 and between equal sizes', async () => {
    const extra = [emptyRoot()];
    expect(await refusalOf(() => verifyConsistency(headAt(0), headAt(3), extra))).toBe('bad_consistency_proof');
    expect(await refusalOf(() => verifyConsistency(headAt(3), headAt(3), extra))).toBe('bad_consistency_proof');
  });

  it('is refused for a log that shrank or forked, or is empty without the empty root', async () => {
    const forked = { size: 6, root: flipped(headAt(6).root) };
    expect(await refusalOf(() => verifyConsistency(headAt(11), headAt(6), proof))).toBe('log_shrunk');
    expect(await refusalOf(() => verifyConsistency(headAt(6), forked, []))).toBe('log_forked');
    expect(await refusalOf(() => verifyConsistency({ size: 0, root: forked.root }, forked, []))).toBe('log_forked');
  });

  it('does not exist back to a smaller size', async () => {
    expect(await refusalOf(() => consistencyProof(all.slice(0, 6), 11))).toBe('out_of_range');
  });
});

describe('a compact range', () => {
  it('refuses a frontier that does not fit its size, and sizes that are none', async () => {
    expect(await refusalOf(() => new CompactRange(3, [emptyRoot()]))).toBe('out_of_range');
    expect(await refusalOf(() => new CompactRange(-1))).toBe('out_of_range');
    expect(await refusalOf(() => new CompactRange(2 ** 53))).toBe('out_of_range');
  });

  it('needs no bit arithmetic beyond 32 bits', () => {
    const range = new CompactRange(2 ** 40 + 1, [emptyRoot(), emptyRoot()]);
    range.append(emptyRoot());
    expect([range.size, range.frontier.length]).toEqual([2 ** 40 + 2, 2]);
  });
});

function headAt(size: number) {
  return { size, root: recursiveRoot(all.slice(0, size)) };
}
