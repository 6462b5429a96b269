import { required } from '@gridpact/kernel';
import { checkedHash, nodeHash } from './hash.js';
import type { TreeHead } from './consistency.js';
import { sameBytes } from './encoding.js';
import { TlogError } from './errors.js';
import { MerkleTree } from './merkle-tree.js';
import { inclusionSpans } from './subtree.js';

/** Inclusion proof of the index-th of some leaf hashes (RFC 6962 section 2.1.1). For many proofs use {@link MerkleTree}. */
export function inclusionProof(leafHashes: readonly Uint8Array[], index: number): Uint8Array[] {
  return new MerkleTree(leafHashes).inclusionProof(index);
}

/**
 * The root that an inclusion proof leads to (RFC 9162 section 2.1.3.2). It proves nothing until it is compared with a
 * root from a signed checkpoint. Refuses `out_of_range` for an index outside the size and `bad_inclusion_proof` when
 * the number of hashes does not fit.
 */
export function inclusionRoot(leaf: Uint8Array, index: number, size: number, path: readonly Uint8Array[]): Uint8Array {
  const spans = inclusionSpans(index, size);
  if (path.length !== spans.length) {
    const detail = `entry ${index} of ${size} needs ${spans.length} hashes, the proof has ${path.length}`;
    throw new TlogError('bad_inclusion_proof', detail);
  }
  return spans.reduce((hash, span, i) => {
    const sibling = checkedHash(required(path[i], 'hash of the proof'));
    return span.start <= index ? nodeHash(sibling, hash) : nodeHash(hash, sibling);
  }, checkedHash(leaf));
}

/** Checks that a leaf hash stands at an index of the tree with this root and size; refuses `bad_inclusion_proof`. */
export function verifyInclusion(leaf: Uint8Array, index: number, tree: TreeHead, path: readonly Uint8Array[]): void {
  if (!sameBytes(inclusionRoot(leaf, index, tree.size, path), tree.root)) {
    throw new TlogError('bad_inclusion_proof', `the proof of entry ${index} does not lead to the root at ${tree.size}`);
  }
}
