import { concatBytes } from './encoding.js';
import { TlogError } from './errors.js';
import { checkedSize } from './hash.js';
import { TILE_WIDTH, type BundleCoordinate } from './tile.js';

/** Largest entry: what the 16-bit length prefix can say (tlog-tiles, Log entries). */
export const MAX_ENTRY_BYTES = 65_535;

const LENGTH_BYTES = 2;

/** An entry bundle with its bytes. */
export interface EntryBundle extends BundleCoordinate {
  readonly bytes: Uint8Array;
}

/**
 * Entries, each behind its big-endian 16-bit length (tlog-tiles, Log entries). Appending to a bundle is concatenating to
 * it. Refuses `entry_too_long` above {@link MAX_ENTRY_BYTES}.
 */
export function encodeEntries(entries: readonly Uint8Array[]): Uint8Array {
  return concatBytes(...entries.flatMap((entry) => [lengthPrefix(entry), entry]));
}

/**
 * The entries of a bundle of a known width, as views of its bytes. Refuses `bad_entry_bundle` when an entry is cut short,
 * or when there are fewer or more than the width says.
 */
export function decodeEntries(bundle: Uint8Array, width: number): Uint8Array[] {
  const entries: Uint8Array[] = [];
  let offset = 0;
  while (offset < bundle.length && entries.length < width) {
    const entry = entryAt(bundle, offset);
    entries.push(entry);
    offset += LENGTH_BYTES + entry.length;
  }
  if (offset !== bundle.length || entries.length !== width) {
    throw new TlogError('bad_entry_bundle', `the bundle does not hold exactly ${width} entries`);
  }
  return entries;
}

/**
 * Bundles that appending entries to a log of a size must write, as `newEntryBundles` lists them. `partial` is the bundle
 * at the right edge of that size (empty when the last one is full); it is checked, since a wrong one would be served.
 */
export function growBundles(size: number, partial: Uint8Array, entries: readonly Uint8Array[]): EntryBundle[] {
  const all = [...decodeEntries(partial, checkedSize(size) % TILE_WIDTH), ...entries];
  const bundles: EntryBundle[] = [];
  const first = Math.floor(size / TILE_WIDTH);
  for (let at = 0; entries.length > 0 && at < all.length; at += TILE_WIDTH) {
    const row = all.slice(at, at + TILE_WIDTH);
    bundles.push({ index: first + at / TILE_WIDTH, width: row.length, bytes: encodeEntries(row) });
  }
  return bundles;
}

function entryAt(bundle: Uint8Array, offset: number): Uint8Array {
  const [high, low] = [bundle[offset], bundle[offset + 1]];
  if (high === undefined || low === undefined) throw new TlogError('bad_entry_bundle', 'a length is cut short');
  const start = offset + LENGTH_BYTES;
  const end = start + high * 256 + low;
  if (end > bundle.length) throw new TlogError('bad_entry_bundle', 'an entry is cut short');
  return bundle.subarray(start, end);
}

function lengthPrefix(entry: Uint8Array): Uint8Array {
  if (entry.length > MAX_ENTRY_BYTES) {
    throw new TlogError('entry_too_long', `an entry has at most ${MAX_ENTRY_BYTES} bytes, not ${entry.length}`);
  }
  return Uint8Array.of(entry.length >> 8, entry.length & 0xff);
}
