import { required } from '@gridpact/kernel';
import { checkedHash, checkedIndex, foldHashes, nodeHash } from './hash.js';
import { consistencySpans, inclusionSpans, perfectSubtrees, type Span } from './subtree.js';

/**
 * A whole tree in memory, for batches of thousands of items: every perfect subtree is hashed once, so that a proof costs
 * only look-ups along the right edge. A log uses tiles instead.
 */
export class MerkleTree {
  readonly #levels: Uint8Array[][];

  constructor(leafHashes: readonly Uint8Array[]) {
    let level = leafHashes.map(checkedHash);
    this.#levels = [level];
    while (level.length > 1) {
      level = pairs(level);
      this.#levels.push(level);
    }
  }

  /** Number of leaves. */
  get size(): number {
    return this.#levels[0]?.length ?? 0;
  }

  /** Root at a size up to the tree's own (RFC 6962 section 2.1). */
  root(size = this.size): Uint8Array {
    if (size > 0) checkedIndex(size - 1, this.size);
    return this.#hashOf({ start: 0, end: size });
  }

  /** Inclusion proof of an entry at a size (RFC 6962 section 2.1.1), from the leaf's sibling to the root's child. */
  inclusionProof(index: number, size = this.size): Uint8Array[] {
    checkedIndex(size - 1, this.size);
    return inclusionSpans(index, size).map((span) => this.#hashOf(span));
  }

  /** Consistency proof between two sizes (RFC 6962 section 2.1.2); empty from 0 and between equal sizes. */
  consistencyProof(older: number, newer = this.size): Uint8Array[] {
    if (newer > 0) checkedIndex(newer - 1, this.size);
    return consistencySpans(older, newer).map((span) => this.#hashOf(span));
  }

  #hashOf(span: Span): Uint8Array {
    const hashes = perfectSubtrees(span).map(({ level, index }) => this.#levels[level]?.[index]);
    return foldHashes(hashes.map((hash) => required(hash, 'hash of a perfect subtree within the tree')));
  }
}

function pairs(level: readonly Uint8Array[]): Uint8Array[] {
  const parents: Uint8Array[] = [];
  for (let i = 0; i + 1 < level.length; i += 2) {
    parents.push(nodeHash(required(level[i], 'left node'), required(level[i + 1], 'right node')));
  }
  return parents;
}
