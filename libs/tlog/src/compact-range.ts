import { required } from '@gridpact/kernel';
import { checkedHash, checkedSize, foldHashes, nodeHash } from './hash.js';
import { TlogError } from './errors.js';
import { perfectSubtrees } from './subtree.js';

/**
 * The least that must be kept of a tree to append to it and know its root: the roots of the perfect subtrees along its
 * right edge, left to right, one per set bit of the size.
 */
export class CompactRange {
  #size: number;
  readonly #frontier: Uint8Array[];

  /** Range of a known size; refuses `out_of_range` when the number of hashes does not fit the size. */
  constructor(size = 0, frontier: readonly Uint8Array[] = []) {
    const parts = perfectSubtrees({ start: 0, end: checkedSize(size) }).length;
    if (frontier.length !== parts) {
      throw new TlogError('out_of_range', `a range of size ${size} has ${parts} hashes, not ${frontier.length}`);
    }
    this.#size = size;
    this.#frontier = frontier.map(checkedHash);
  }

  /** Number of leaves. */
  get size(): number {
    return this.#size;
  }

  /** A copy of the frontier: the hashes that {@link CompactRange} is made from again. */
  get frontier(): Uint8Array[] {
    return [...this.#frontier];
  }

  /** Adds one leaf hash at the right; costs two node hashes at most on average. */
  append(leaf: Uint8Array): void {
    let hash = checkedHash(leaf);
    checkedSize(this.#size + 1);
    for (let rest = this.#size; rest % 2 === 1; rest = Math.floor(rest / 2)) {
      hash = nodeHash(required(this.#frontier.pop(), 'left sibling on the frontier'), hash);
    }
    this.#frontier.push(hash);
    this.#size += 1;
  }

  /** Root of the tree (RFC 6962 section 2.1). */
  root(): Uint8Array {
    return foldHashes(this.#frontier);
  }
}

/** Root over leaf hashes (RFC 6962 section 2.1, MTH). */
export function merkleRoot(leafHashes: Iterable<Uint8Array>): Uint8Array {
  const range = new CompactRange();
  for (const leaf of leafHashes) range.append(leaf);
  return range.root();
}
