import { leafHash, nodeHash } from './hash.js';
import { sha256 } from './crypto.js';
import { TlogError, type TlogErrorCode } from './errors.js';
import { utf8 } from './encoding.js';

/** Leaf hashes of the entries "0", "1", …: any tree for tests. */
export function leaves(count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, i) => leafHash(utf8(String(i))));
}

/** MTH of RFC 6962 section 2.1, written as the recursion it is there: the oracle of the property tests. */
export function recursiveRoot(hashes: readonly Uint8Array[]): Uint8Array {
  const [only] = hashes;
  if (only === undefined) return sha256(new Uint8Array());
  if (hashes.length === 1) return only;
  const k = splitOf(hashes.length);
  return nodeHash(recursiveRoot(hashes.slice(0, k)), recursiveRoot(hashes.slice(k)));
}

/** PATH of RFC 6962 section 2.1.1. */
export function recursivePath(index: number, hashes: readonly Uint8Array[]): Uint8Array[] {
  if (hashes.length === 1) return [];
  const k = splitOf(hashes.length);
  const [left, right] = [hashes.slice(0, k), hashes.slice(k)];
  return index < k
    ? [...recursivePath(index, left), recursiveRoot(right)]
    : [...recursivePath(index - k, right), recursiveRoot(left)];
}

/** SUBPROOF of RFC 6962 section 2.1.2; `whole` is its boolean. */
export function recursiveProof(older: number, hashes: readonly Uint8Array[], whole = true): Uint8Array[] {
  if (older === hashes.length) return whole ? [] : [recursiveRoot(hashes)];
  const k = splitOf(hashes.length);
  const [left, right] = [hashes.slice(0, k), hashes.slice(k)];
  return older <= k
    ? [...recursiveProof(older, left, whole), recursiveRoot(right)]
    : [...recursiveProof(older - k, right, false), recursiveRoot(left)];
}

/** Code that an action is refused with; throws when it is not refused, or by another error. */
export async function refusalOf(action: () => unknown): Promise<TlogErrorCode> {
  try {
    await action();
  } catch (error) {
    if (error instanceof TlogError) return error.code;
    throw error;
  }
  throw new Error('it was not refused');
}

/** A copy with one bit of one byte turned. */
export function flipped(bytes: Uint8Array, at = 0): Uint8Array {
  return bytes.map((byte, i) => (i === at ? byte ^ 1 : byte));
}

function splitOf(n: number): number {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}
