import { rows } from '@gridpact/platform/postgres';
import {
  type EntryBundle,
  TILE_WIDTH,
  type Tile,
  type TreeEdge,
  type TreeHead,
  edgeRoot,
  encodeEntries,
  growBundles,
  growEdge,
  leafHash,
  sameBytes,
} from '@gridpact/tlog';
import type { Pool } from 'pg';
import { LogCorrupt } from '../store/log-store.js';

/** An entry as the store holds it. */
export interface StoredEntry {
  readonly index: number;
  readonly leafHash: Uint8Array;
  readonly bytes: Uint8Array;
  readonly type: string;
  readonly subject: string;
  readonly traceparent: string | null;
}

interface EntryRow extends Omit<StoredEntry, 'index' | 'leafHash'> {
  readonly index: string;
  readonly leaf_hash: Buffer;
}

/** What the log grew by, hashed again from the bytes that the store gives back. */
export interface Growth {
  readonly head: TreeHead;
  readonly edge: TreeEdge;
  readonly tiles: readonly Tile[];
  readonly bundles: readonly EntryBundle[];
  readonly entries: readonly StoredEntry[];
}

/**
 * Reads the entries from a known edge up to a size and hashes them again, so that a bit that flipped between hashing and
 * storing is found before anything is signed (the fault that ended the CT log Yeti 2022). Throws {@link LogCorrupt}.
 */
export async function readGrowth(pool: Pool, from: TreeEdge, size: number): Promise<Growth> {
  const bundleStart = from.size - (from.size % TILE_WIDTH);
  const stored = await readEntries(pool, bundleStart, size);
  const older = stored.slice(0, from.size - bundleStart);
  const entries = stored.slice(older.length);
  older.forEach(({ leafHash: hash, index }, at) => {
    if (!sameBytes(hash, from.partials[0]?.[at] ?? new Uint8Array()))
      throw new LogCorrupt(`entry ${index} has changed`);
  });
  const { edge, tiles } = growEdge(
    from,
    entries.map((entry) => entry.leafHash),
  );
  const partial = encodeEntries(older.map(({ bytes }) => bytes));
  const bundles = growBundles(
    from.size,
    partial,
    entries.map(({ bytes }) => bytes),
  );
  return { head: { size, root: edgeRoot(edge) }, edge, tiles, bundles, entries };
}

/** Entries `[start, end)`, each hashed again. */
async function readEntries(pool: Pool, start: number, end: number): Promise<StoredEntry[]> {
  const found = await rows<EntryRow>(
    pool,
    `SELECT index, leaf_hash, bytes, type, subject, traceparent FROM entry
     WHERE index >= $1 AND index < $2 ORDER BY index`,
    [start, end],
  );
  if (found.length !== end - start) throw new LogCorrupt(`entries ${start} to ${end} are not all there`);
  return found.map(({ index, leaf_hash, ...row }) => {
    if (!sameBytes(leafHash(row.bytes), leaf_hash)) throw new LogCorrupt(`entry ${index} does not have its hash`);
    return { ...row, index: Number(index), leafHash: leaf_hash };
  });
}
