import { checkedHash, checkedSize, foldHashes } from './hash.js';
import { concatBytes } from './encoding.js';
import { CompactRange, merkleRoot } from './compact-range.js';
import { checkedTile, hashesAtLevel, TILE_WIDTH, tileHashes, type Tile, type TileReader } from './tile.js';

/**
 * The right edge of a tiled tree: the hashes of the partial tile at each level, level 0 first, none where that level's
 * last tile is full. All that a log's writer must hold to grow its tiles; at most 255 hashes a level.
 */
export interface TreeEdge {
  readonly size: number;
  readonly partials: readonly (readonly Uint8Array[])[];
}

/** The edge of a tree with no entries. */
export const EMPTY_EDGE: TreeEdge = { size: 0, partials: [] };

/**
 * Reads the edge of a tree from its partial tiles. Refuses `bad_tile_width` for a tile of another width. Compare
 * {@link edgeRoot} with the committed root before growing it: a store can hold the wrong bytes at the right length.
 */
export async function readEdge(size: number, read: TileReader): Promise<TreeEdge> {
  const partials: Uint8Array[][] = [];
  for (let level = 0; hashesAtLevel(size, level) > 0; level += 1) {
    const count = hashesAtLevel(size, level);
    const coordinate = { level, index: Math.floor(count / TILE_WIDTH), width: count % TILE_WIDTH };
    const bytes = coordinate.width === 0 ? new Uint8Array() : await read(level, coordinate.index, coordinate.width);
    partials.push(coordinate.width === 0 ? [] : tileHashes(checkedTile(coordinate, bytes)));
  }
  return { size, partials };
}

/** Root of the tree with this edge (RFC 6962 section 2.1). */
export function edgeRoot(edge: TreeEdge): Uint8Array {
  const largestFirst = edge.partials.map(frontierOf).reverse();
  return foldHashes(largestFirst.flat());
}

/**
 * Adds leaf hashes at the right: the new edge, and every tile that is new or wider, as {@link newTiles} lists them. A
 * partial tile is never hashed upward (tlog-tiles, Partial Tiles). Pure: write the tiles first, then keep the edge.
 */
export function growEdge(edge: TreeEdge, leafHashes: readonly Uint8Array[]): { edge: TreeEdge; tiles: Tile[] } {
  const size = checkedSize(edge.size + leafHashes.length);
  const tiles: Tile[] = [];
  const partials: (readonly Uint8Array[])[] = [];
  let added = leafHashes.map(checkedHash);
  for (let level = 0; hashesAtLevel(size, level) > 0; level += 1) {
    const grown = growLevel(level, hashesAtLevel(edge.size, level), edge.partials[level] ?? [], added);
    tiles.push(...grown.tiles);
    partials.push(grown.partial);
    added = grown.fullRoots;
  }
  return { edge: { size, partials }, tiles };
}

function frontierOf(hashes: readonly Uint8Array[]): Uint8Array[] {
  const range = new CompactRange();
  for (const hash of hashes) range.append(hash);
  return range.frontier;
}

interface GrownLevel {
  readonly tiles: Tile[];
  readonly partial: readonly Uint8Array[];
  readonly fullRoots: Uint8Array[];
}

function growLevel(
  level: number,
  count: number,
  partial: readonly Uint8Array[],
  added: readonly Uint8Array[],
): GrownLevel {
  const grown: GrownLevel = { tiles: [], partial: [], fullRoots: [] };
  if (added.length === 0) return { ...grown, partial };
  const hashes = [...partial, ...added];
  const first = Math.floor(count / TILE_WIDTH);
  for (let at = 0; at < hashes.length; at += TILE_WIDTH) {
    const row = hashes.slice(at, at + TILE_WIDTH);
    grown.tiles.push({ level, index: first + at / TILE_WIDTH, width: row.length, bytes: concatBytes(...row) });
    if (row.length === TILE_WIDTH) grown.fullRoots.push(merkleRoot(row));
  }
  const rest = hashes.length % TILE_WIDTH;
  return { ...grown, partial: rest === 0 ? [] : hashes.slice(-rest) };
}
