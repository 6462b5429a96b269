import { required } from '@gridpact/kernel';
import { merkleRoot } from './compact-range.js';
import { checkedIndex, checkedSize, foldHashes, HASH_BYTES } from './hash.js';
import { consistencySpans, inclusionSpans, perfectSubtrees, type PerfectSubtree, type Span } from './subtree.js';
import {
  checkedTile,
  TILE_HEIGHT,
  TILE_WIDTH,
  tileHashes,
  tilePath,
  tileWidthAt,
  type TileCoordinate,
  type TileReader,
} from './tile.js';

/** Tiles that one {@link TileTree} keeps at most, oldest dropped first: 32 MiB of hashes. */
const MAX_KEPT_TILES = 4096;

/**
 * A tree of one size read through its tiles, for making proofs. Each tile is read once while it is kept. Tiles of another
 * party are untrusted: a root is to be compared with a signed checkpoint, and a proof to be verified against it. Every
 * method refuses `bad_tile_width` when the reader gives a tile of another width, and fails as the reader fails.
 */
export class TileTree {
  readonly size: number;
  readonly #read: TileReader;
  readonly #tiles = new Map<string, Promise<Uint8Array>>();

  constructor(size: number, read: TileReader) {
    this.size = checkedSize(size);
    this.#read = read;
  }

  /** Root of the tree (RFC 6962 section 2.1). */
  async root(): Promise<Uint8Array> {
    return this.#hashOf({ start: 0, end: this.size });
  }

  /** Leaf hash of an entry. */
  async leafHash(index: number): Promise<Uint8Array> {
    return this.#perfect({ level: 0, index: checkedIndex(index, this.size) });
  }

  /** Inclusion proof of an entry (RFC 6962 section 2.1.1), from the leaf's sibling to the root's child. */
  async inclusionProof(index: number): Promise<Uint8Array[]> {
    return Promise.all(inclusionSpans(index, this.size).map((span) => this.#hashOf(span)));
  }

  /** Consistency proof from an older size (RFC 6962 section 2.1.2); empty from 0 and from the tree's own size. */
  async consistencyProof(older: number): Promise<Uint8Array[]> {
    return Promise.all(consistencySpans(older, this.size).map((span) => this.#hashOf(span)));
  }

  async #hashOf(span: Span): Promise<Uint8Array> {
    return foldHashes(await Promise.all(perfectSubtrees(span).map((part) => this.#perfect(part))));
  }

  async #perfect({ level, index }: PerfectSubtree): Promise<Uint8Array> {
    const tileLevel = Math.floor(level / TILE_HEIGHT);
    const leaves = 2 ** (level % TILE_HEIGHT);
    const first = index * leaves;
    const tileIndex = Math.floor(first / TILE_WIDTH);
    const width = tileWidthAt(this.size, tileLevel, tileIndex);
    const bytes = await this.#tile({ level: tileLevel, index: tileIndex, width });
    const start = (first % TILE_WIDTH) * HASH_BYTES;
    const hashes = tileHashes(bytes.subarray(start, start + leaves * HASH_BYTES));
    return leaves === 1 ? required(hashes[0], 'hash within the tile').slice() : merkleRoot(hashes);
  }

  #tile(coordinate: TileCoordinate): Promise<Uint8Array> {
    const path = tilePath(coordinate);
    const kept = this.#tiles.get(path);
    if (kept) return kept;
    const { level, index, width } = coordinate;
    const tile = this.#read(level, index, width).then((bytes) => checkedTile(coordinate, bytes));
    this.#keep(path, tile);
    return tile;
  }

  #keep(path: string, tile: Promise<Uint8Array>): void {
    const oldest = this.#tiles.size >= MAX_KEPT_TILES ? this.#tiles.keys().next().value : undefined;
    if (oldest !== undefined) this.#tiles.delete(oldest);
    this.#tiles.set(path, tile);
    tile.catch(() => this.#tiles.delete(path));
  }
}
