import { required } from '@gridpact/kernel';
import { checkedHash, emptyRoot, nodeHash } from './hash.js';
import { sameBytes } from './encoding.js';
import { TlogError } from './errors.js';
import { MerkleTree } from './merkle-tree.js';
import { consistencySpans } from './subtree.js';

/** Size and root of a tree: what a checkpoint says. */
export interface TreeHead {
  readonly size: number;
  readonly root: Uint8Array;
}

/** Consistency proof of a tree in memory, from an older size (RFC 6962 section 2.1.2). */
export function consistencyProof(leafHashes: readonly Uint8Array[], older: number): Uint8Array[] {
  return new MerkleTree(leafHashes).consistencyProof(older);
}

/**
 * Checks that a newer tree only appended to an older one (RFC 6962 section 2.1.2). Refuses `log_shrunk` when the newer is
 * smaller, `log_forked` when both have one size and two roots or one has size 0 and not the empty root, and `bad_consistency_proof` when the proof does not lead
 * to both roots or is not empty where it must be (from size 0 and between equal sizes).
 */
export function verifyConsistency(older: TreeHead, newer: TreeHead, proof: readonly Uint8Array[]): void {
  for (const head of [older, newer]) checkEmpty(head);
  if (newer.size < older.size) throw new TlogError('log_shrunk', `the log went from ${older.size} to ${newer.size}`);
  if (newer.size === older.size && !sameBytes(newer.root, older.root)) {
    throw new TlogError('log_forked', `two different roots at size ${newer.size}`);
  }
  const spans = consistencySpans(older.size, newer.size);
  if (proof.length !== spans.length) {
    throw refused(older, newer, `needs ${spans.length} hashes and has ${proof.length}`);
  }
  if (spans.length > 0) checkRoots(older, newer, proof);
}

function checkEmpty({ size, root }: TreeHead): void {
  if (size === 0 && !sameBytes(root, emptyRoot())) throw new TlogError('log_forked', 'size 0 without the empty root');
}

function checkRoots(older: TreeHead, newer: TreeHead, proof: readonly Uint8Array[]): void {
  const spans = consistencySpans(older.size, newer.size);
  const startsInProof = spans[0]?.end === older.size;
  let [olderRoot, newerRoot] = [older.root, older.root];
  if (startsInProof) olderRoot = newerRoot = checkedHash(required(proof[0], 'first hash of the proof'));
  for (let i = startsInProof ? 1 : 0; i < spans.length; i += 1) {
    const hash = checkedHash(required(proof[i], 'hash of the proof'));
    if (required(spans[i], 'span of the proof').start >= older.size) {
      newerRoot = nodeHash(newerRoot, hash);
    } else {
      olderRoot = nodeHash(hash, olderRoot);
      newerRoot = nodeHash(hash, newerRoot);
    }
  }
  if (!sameBytes(olderRoot, older.root)) throw refused(older, newer, 'does not lead to the older root');
  if (!sameBytes(newerRoot, newer.root)) throw refused(older, newer, 'does not lead to the newer root');
}

function refused(older: TreeHead, newer: TreeHead, why: string): TlogError {
  return new TlogError('bad_consistency_proof', `the proof from size ${older.size} to ${newer.size} ${why}`);
}
