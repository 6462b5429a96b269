import { checkedSize, HASH_BYTES } from './hash.js';
import { TlogError } from './errors.js';

/** Hashes in a full tile (tlog-tiles, Merkle Tree). */
export const TILE_WIDTH = 256;

/** Levels of the tree that one tile covers: 2^8 = 256. */
export const TILE_HEIGHT = 8;

/** Highest tile level that a path may name (tlog-tiles, Merkle Tree). */
export const MAX_TILE_LEVEL = 63;

/** Which tile: its level, its index within the level, and how many hashes it holds (1..256; below 256 it is partial). */
export interface TileCoordinate {
  readonly level: number;
  readonly index: number;
  readonly width: number;
}

/** Which entry bundle: its index, and how many entries it holds (1..256). */
export type BundleCoordinate = Omit<TileCoordinate, 'level'>;

/** A tile with its bytes: 32 per hash. */
export interface Tile extends TileCoordinate {
  readonly bytes: Uint8Array;
}

/** Reads one tile, whole or partial, of exactly the asked width. May be a store, a file or an HTTP client. */
export type TileReader = (level: number, index: number, width: number) => Promise<Uint8Array>;

/** Path of a tile below the log's prefix (tlog-tiles, Merkle Tree): `tile/0/x001/x234/067.p/5`. */
export function tilePath({ level, index, width }: TileCoordinate): string {
  if (!Number.isInteger(level) || level < 0 || level > MAX_TILE_LEVEL) {
    throw new TlogError('bad_tile_path', `no tile has level ${level}`);
  }
  return `tile/${level}/${indexPath(index)}${widthSuffix(width)}`;
}

/** Path of an entry bundle below the log's prefix (tlog-tiles, Log entries): `tile/entries/x001/234`. */
export function entryBundlePath({ index, width }: BundleCoordinate): string {
  return `tile/entries/${indexPath(index)}${widthSuffix(width)}`;
}

/** What a path below the log's prefix names; refuses `bad_tile_path` for anything not written by the two above. */
export function parseTilePath(path: string): TileCoordinate | (BundleCoordinate & { readonly level: 'entries' }) {
  const parts = /^tile\/(0|[1-9]\d?|entries)\/((?:x\d{3}\/){0,5}\d{3})(?:\.p\/([1-9]\d{0,2}))?$/.exec(path);
  if (!parts) throw new TlogError('bad_tile_path', 'not the path of a tile');
  const coordinate = { index: Number(parts[2]?.replaceAll(/[x/]/g, '')), width: Number(parts[3] ?? TILE_WIDTH) };
  const level = parts[1] === 'entries' ? ('entries' as const) : Number(parts[1]);
  const written = level === 'entries' ? entryBundlePath(coordinate) : tilePath({ level, ...coordinate });
  if (written !== path) throw new TlogError('bad_tile_path', 'not the canonical path of a tile');
  return level === 'entries' ? { level, ...coordinate } : { level, ...coordinate };
}

/** Number of hashes at a tile level in a tree of a size: floor(size / 256^level). */
export function hashesAtLevel(size: number, level: number): number {
  return Math.floor(checkedSize(size) / TILE_WIDTH ** level);
}

/** Width that the index-th tile of a level has in a tree of a size: 0 when it does not exist, 256 when it is full. */
export function tileWidthAt(size: number, level: number, index: number): number {
  return Math.min(TILE_WIDTH, Math.max(0, hashesAtLevel(size, level) - index * TILE_WIDTH));
}

/**
 * The tiles that a tree has at the newer size and did not have, or not so wide, at the older: what growing it must write.
 * By level, then index. From 0 these are all tiles of the tree.
 */
export function newTiles(older: number, newer: number): TileCoordinate[] {
  const tiles: TileCoordinate[] = [];
  for (let level = 0; hashesAtLevel(newer, level) > 0; level += 1) {
    for (const tile of newTilesAtLevel(older, newer, level)) tiles.push({ level, ...tile });
  }
  return tiles;
}

/** The entry bundles that growing a log from one size to another must write; as {@link newTiles} at level 0. */
export function newEntryBundles(older: number, newer: number): BundleCoordinate[] {
  return newTilesAtLevel(older, newer, 0);
}

/** Passes a tile's bytes on; refuses `bad_tile_width` unless they are exactly 32 per hash, an over-long one too. */
export function checkedTile(coordinate: TileCoordinate, bytes: Uint8Array): Uint8Array {
  if (bytes.length !== coordinate.width * HASH_BYTES) {
    const detail = `${tilePath(coordinate)} has ${bytes.length} bytes, not ${coordinate.width * HASH_BYTES}`;
    throw new TlogError('bad_tile_width', detail);
  }
  return bytes;
}

/** The hashes of a tile in order, as views of its bytes. */
export function tileHashes(bytes: Uint8Array): Uint8Array[] {
  const hashes: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += HASH_BYTES) hashes.push(bytes.subarray(at, at + HASH_BYTES));
  return hashes;
}

function newTilesAtLevel(older: number, newer: number, level: number): BundleCoordinate[] {
  const [from, to] = [hashesAtLevel(older, level), hashesAtLevel(newer, level)];
  if (from > to) throw new TlogError('out_of_range', `a tree does not shrink from ${older} to ${newer}`);
  if (from === to) return [];
  const tiles: BundleCoordinate[] = [];
  for (let index = Math.floor(from / TILE_WIDTH); index * TILE_WIDTH < to; index += 1) {
    tiles.push({ index, width: tileWidthAt(newer, level, index) });
  }
  return tiles;
}

function indexPath(index: number): string {
  const digits = String(checkedSize(index));
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, '0').match(/\d{3}/g) ?? [];
  return groups.map((group, i) => (i < groups.length - 1 ? `x${group}` : group)).join('/');
}

function widthSuffix(width: number): string {
  if (!Number.isInteger(width) || width < 1 || width > TILE_WIDTH) {
    throw new TlogError('bad_tile_path', `a tile holds 1 to ${TILE_WIDTH} hashes, not ${width}`);
  }
  return width === TILE_WIDTH ? '' : `.p/${width}`;
}
