import { type Result, ok, refuse } from '@gridpact/kernel';
import { MerkleTree, fromHex, leafHash, toBase64Url, toHex, verifyInclusion } from '@gridpact/tlog';
import { z } from 'zod';
import { bytesOfBase64url } from './base64url.js';
import { base64urlText, leafHashHex } from './bodies/fields.js';
import { canonicalBytes } from './canonical.js';
import { SALT_BYTES } from './envelope.js';

/** Items of one batch, as `batchRoot` bounds them. */
export const MAX_BATCH_ITEMS = 10_000_000;

/** A fact for one recipient, before it is sealed. The salt (32 bytes, fresh per item) keeps others from guessing it. */
export interface BatchItem<T = unknown> {
  readonly recipient: string;
  readonly item: T;
  readonly salt: Uint8Array;
}

/** What a recipient holds of a batch: its item, salt, place and path. Nothing of it says anything about other items. */
export const batchOpening = z.strictObject({
  recipient: z.string().max(100),
  index: z.int().min(0),
  salt: base64urlText.length(43),
  item: z.json(),
  /** Inclusion proof (RFC 6962 section 2.1.1), leaf to root, hex. */
  path: z.array(leafHashHex).max(64),
});

/** Shape of {@link batchOpening}. */
export type BatchOpening<T = unknown> = Omit<Readonly<z.infer<typeof batchOpening>>, 'item'> & { readonly item: T };

/** What stands in the statement: Merkle root (RFC 6962) over the items, hex, and their number. */
export interface BatchRoot {
  readonly root: string;
  readonly count: number;
}

/** A sealed batch: root and count go into the statement's body, each opening goes to its recipient. */
export interface SealedBatch<T = unknown> extends BatchRoot {
  readonly openings: readonly BatchOpening<T>[];
}

/**
 * Seals facts per recipient as one batch, in the given order. A leaf is the RFC 6962 leaf hash of canonical JSON
 * `{item, salt}`. Throws for a salt of another length than 32 bytes and above {@link MAX_BATCH_ITEMS} items.
 */
export function sealBatch<T>(items: readonly BatchItem<T>[]): SealedBatch<T> {
  if (items.length > MAX_BATCH_ITEMS) throw new RangeError(`a batch has at most ${MAX_BATCH_ITEMS} items`);
  const tree = new MerkleTree(items.map(({ item, salt }) => itemHash(item, checkedSalt(salt))));
  const openings = items.map(({ recipient, item, salt }, index) => ({
    recipient,
    index,
    salt: toBase64Url(salt),
    item,
    path: tree.inclusionProof(index).map(toHex),
  }));
  return { root: toHex(tree.root()), count: items.length, openings };
}

/** Why an opening does not belong to a batch. */
export type BatchRefusal = 'bad_salt' | 'not_in_batch';

/** The item of an opening, once its leaf is proved to stand at its index of the sealed batch. */
export function verifyBatchOpening<T>(batch: BatchRoot, opening: BatchOpening<T>): Result<T, BatchRefusal> {
  const salt = bytesOfBase64url(opening.salt);
  if (salt?.length !== SALT_BYTES) return refuse('bad_salt', `salt is not base64url of ${SALT_BYTES} bytes`);
  if (!proves(batch, opening, salt))
    return refuse('not_in_batch', `item ${opening.index} is not in batch ${batch.root}`);
  return ok(opening.item);
}

function proves(batch: BatchRoot, { item, index, path }: BatchOpening, salt: Uint8Array): boolean {
  try {
    const tree = { size: batch.count, root: fromHex(batch.root) };
    verifyInclusion(itemHash(item, salt), index, tree, path.map(fromHex));
    return true;
  } catch {
    return false;
  }
}

function itemHash(item: unknown, salt: Uint8Array): Uint8Array {
  return leafHash(canonicalBytes({ item, salt: toBase64Url(salt) }));
}

function checkedSalt(salt: Uint8Array): Uint8Array {
  if (salt.length !== SALT_BYTES) throw new RangeError(`a salt has ${SALT_BYTES} bytes`);
  return salt;
}
