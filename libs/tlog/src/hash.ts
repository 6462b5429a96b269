import { sha256 } from './crypto.js';
import { TlogError } from './errors.js';

/** Bytes of a SHA-256 hash. */
export const HASH_BYTES = 32;

/** Largest tree size and index: the safe integers. Far above what a log reaches; the formats allow 2^63 - 1. */
export const MAX_TREE_SIZE = Number.MAX_SAFE_INTEGER;

const LEAF_PREFIX = 0x00;
const NODE_PREFIX = 0x01;

/** Leaf hash (RFC 6962 section 2.1): SHA-256(0x00 || entry); the prefix keeps leaves and nodes apart. */
export function leafHash(entry: Uint8Array): Uint8Array {
  const input = new Uint8Array(1 + entry.length);
  input[0] = LEAF_PREFIX;
  input.set(entry, 1);
  return sha256(input);
}

/** Node hash (RFC 6962 section 2.1): SHA-256(0x01 || left || right). */
export function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  const input = new Uint8Array(1 + left.length + right.length);
  input[0] = NODE_PREFIX;
  input.set(left, 1);
  input.set(right, 1 + left.length);
  return sha256(input);
}

/** Root of the tree with no entries (RFC 6962 section 2.1): SHA-256 of the empty string. */
export function emptyRoot(): Uint8Array {
  return sha256(new Uint8Array());
}

/** Root of a subtree from the roots of its perfect parts, left to right; the empty root when there are none. */
export function foldHashes(hashes: readonly Uint8Array[]): Uint8Array {
  return hashes.length === 0 ? emptyRoot() : hashes.reduceRight((right, left) => nodeHash(left, right));
}

/** Passes a hash on; refuses `bad_encoding` for anything but 32 bytes. */
export function checkedHash(bytes: Uint8Array): Uint8Array {
  if (bytes.length !== HASH_BYTES) {
    throw new TlogError('bad_encoding', `a hash has ${HASH_BYTES} bytes, not ${bytes.length}`);
  }
  return bytes;
}

/** Passes a tree size on; refuses `out_of_range` unless it is an integer in 0..{@link MAX_TREE_SIZE}. */
export function checkedSize(size: number): number {
  if (!Number.isSafeInteger(size) || size < 0) throw new TlogError('out_of_range', `${size} is not a tree size`);
  return size;
}

/** Passes an index on; refuses `out_of_range` unless an entry of that index exists in a tree of that size. */
export function checkedIndex(index: number, size: number): number {
  if (checkedSize(index) >= checkedSize(size)) {
    throw new TlogError('out_of_range', `entry ${index} is not in a tree of size ${size}`);
  }
  return index;
}
