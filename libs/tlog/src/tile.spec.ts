import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { merkleRoot } from './compact-range.js';
import { consistencyProof } from './consistency.js';
import { concatBytes, toHex } from './encoding.js';
import { HASH_BYTES } from './hash.js';
import { inclusionProof } from './inclusion.js';
import { MerkleTree } from './merkle-tree.js';
import { TileTree } from './tile-tree.js';
import { entryBundlePath, newTiles, parseTilePath, tilePath, tileWidthAt, type Tile, type TileReader } from './tile.js';
import { EMPTY_EDGE, edgeRoot, growEdge, readEdge, type TreeEdge } from './tree-edge.js';
import { flipped, leaves, refusalOf } from './tree.fixture.js';

const LARGEST = 70_000;
const all = leaves(LARGEST);
const whole = new MerkleTree(all);

/** A store of tiles as a log serves them, by path. */
class TileShelf {
  readonly tiles = new Map<string, Uint8Array>();
  readonly read: TileReader = async (level, index, width) => {
    const bytes = this.tiles.get(tilePath({ level, index, width }));
    if (!bytes) throw new Error(`no tile ${tilePath({ level, index, width })}`);
    return bytes;
  };

  put(tiles: readonly Tile[]): void {
    for (const tile of tiles) this.tiles.set(tilePath(tile), tile.bytes);
  }
}

function grow(edge: TreeEdge, size: number, shelf: TileShelf): TreeEdge {
  const grown = growEdge(edge, all.slice(edge.size, size));
  shelf.put(grown.tiles);
  return grown.edge;
}

describe('the tiles of a tree', () => {
  it('are those of the specification at size 70,000 and at size 256', () => {
    const widths = (size: number, level: number) =>
      newTiles(0, size)
        .filter((tile) => tile.level === level)
        .map(({ width }) => width);
    expect(widths(70_000, 0)).toEqual([...Array.from({ length: 273 }, () => 256), 112]);
    expect([widths(70_000, 1), widths(70_000, 2), widths(70_000, 3)]).toEqual([[256, 17], [1], []]);
    expect([widths(256, 0), widths(256, 1)]).toEqual([[256], [1]]);
  });

  it.each([1, 2, 255, 256, 257, 511, 512, 513, 4096, 65_535, 65_536, 65_537, 65_792, 70_000])(
    'hold the hashes of MTH and prove every kind of entry at size %i',
    async (size) => {
      const shelf = new TileShelf();
      expect(toHex(edgeRoot(grow(EMPTY_EDGE, size, shelf)))).toBe(toHex(whole.root(size)));
      const tree = new TileTree(size, shelf.read);
      expect(toHex(await tree.root())).toBe(toHex(whole.root(size)));
      for (const index of [0, size >> 1, size - 1]) {
        expect(await tree.inclusionProof(index)).toEqual(whole.inclusionProof(index, size));
        expect(await tree.leafHash(index)).toEqual(all[index]);
      }
      for (const older of [0, 1, size >> 1, size - 1, size]) {
        expect(await tree.consistencyProof(older)).toEqual(whole.consistencyProof(older, size));
      }
      expect([...shelf.tiles.keys()]).toEqual(newTiles(0, size).map(tilePath));
    },
    30_000,
  );

  it('hold at level 1 and 2 the roots of the full tiles below', () => {
    const shelf = new TileShelf();
    grow(EMPTY_EDGE, LARGEST, shelf);
    expect(shelf.tiles.get('tile/1/001.p/17')?.subarray(0, HASH_BYTES)).toEqual(merkleRoot(all.slice(65_536, 65_792)));
    expect(shelf.tiles.get('tile/2/000.p/1')).toEqual(merkleRoot(all.slice(0, 65_536)));
  });

  it('come out the same however the growth is cut into batches, and each batch writes what it must', async () => {
    const cuts = fc.array(fc.integer({ min: 0, max: 1500 }), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(cuts, async (batches) => {
        const shelf = new TileShelf();
        let edge: TreeEdge = EMPTY_EDGE;
        for (const batch of batches) {
          const before = edge.size;
          const { edge: after, tiles } = growEdge(edge, all.slice(before, before + batch));
          expect(tiles.map(tilePath)).toEqual(newTiles(before, after.size).map(tilePath));
          shelf.put(tiles);
          edge = await readEdge(after.size, shelf.read);
          expect(edge).toEqual({ ...after, partials: after.partials.map((row) => [...row]) });
        }
        expect(toHex(edgeRoot(edge))).toBe(toHex(whole.root(edge.size)));
      }),
      { numRuns: 30 },
    );
  });

  it('prove what the tree in memory proves, at random sizes', async () => {
    const shelf = new TileShelf();
    grow(EMPTY_EDGE, 3000, shelf);
    const sizes = fc
      .integer({ min: 1, max: 3000 })
      .chain((size) =>
        fc.tuple(fc.constant(size), fc.integer({ min: 0, max: size - 1 }), fc.integer({ min: 0, max: size })),
      );
    const sliced: TileReader = async (level, index, width) =>
      (await shelf.read(level, index, tileWidthAt(3000, level, index))).subarray(0, width * HASH_BYTES);
    await fc.assert(
      fc.asyncProperty(sizes, async ([size, index, older]) => {
        const tree = new TileTree(size, sliced);
        expect(await tree.inclusionProof(index)).toEqual(inclusionProof(all.slice(0, size), index));
        expect(await tree.consistencyProof(older)).toEqual(consistencyProof(all.slice(0, size), older));
      }),
      { numRuns: 50 },
    );
  });

  it('give another root when any of their hashes is changed', async () => {
    const shelf = new TileShelf();
    grow(EMPTY_EDGE, 600, shelf);
    const bytes = shelf.tiles.get('tile/0/002.p/88') ?? new Uint8Array();
    shelf.tiles.set('tile/0/002.p/88', flipped(bytes, 87 * HASH_BYTES));
    expect(toHex(edgeRoot(await readEdge(600, shelf.read)))).not.toBe(toHex(whole.root(600)));
    expect(toHex(await new TileTree(600, shelf.read).root())).not.toBe(toHex(whole.root(600)));
  });
});

describe('a tile of another width than its size demands', () => {
  it('is refused, the over-long one of 8,192 bytes too', async () => {
    const overLong: TileReader = async () => concatBytes(...all.slice(0, 256));
    expect(await refusalOf(() => new TileTree(257, overLong).root())).toBe('bad_tile_width');
    expect(await refusalOf(() => readEdge(257, overLong))).toBe('bad_tile_width');
  });

  it('is read again after a failure', async () => {
    const shelf = new TileShelf();
    grow(EMPTY_EDGE, 5, shelf);
    let failures = 1;
    const flaky: TileReader = async (...tile) => {
      if (failures-- > 0) throw new Error('the store is away');
      return shelf.read(...tile);
    };
    const tree = new TileTree(5, flaky);
    await expect(tree.leafHash(0)).rejects.toThrow('the store is away');
    expect(await tree.leafHash(0)).toEqual(all[0]);
  });
});

describe('the path of a tile', () => {
  it.each([
    ['tile/0/x001/x234/067', { level: 0, index: 1_234_067, width: 256 }],
    ['tile/63/000.p/1', { level: 63, index: 0, width: 1 }],
    ['tile/1/999.p/255', { level: 1, index: 999, width: 255 }],
    ['tile/2/x001/000', { level: 2, index: 1000, width: 256 }],
    ['tile/entries/x001/x234/067.p/7', { level: 'entries', index: 1_234_067, width: 7 }],
  ] as const)('is %s', (path, coordinate) => {
    expect(parseTilePath(path)).toEqual(coordinate);
    const { level, ...bundle } = coordinate;
    expect(level === 'entries' ? entryBundlePath(bundle) : tilePath({ ...bundle, level })).toBe(path);
  });

  it.each([
    'tile/00/000',
    'tile/64/000',
    'tile/0/0',
    'tile/0/x000/001',
    'tile/0/001/002',
    'tile/0/000.p/0',
    'tile/0/000.p/256',
    'tile/0/000.p/01',
    'tile/0/../000',
    '/tile/0/000',
    'tile/0/x999/x999/x999/x999/x999/999',
    'tile/entries/000.p/300',
  ])('is never %s', async (path) => {
    expect(['bad_tile_path', 'out_of_range']).toContain(await refusalOf(() => parseTilePath(path)));
  });

  it('refuses coordinates that no tile has', async () => {
    expect(await refusalOf(() => tilePath({ level: 64, index: 0, width: 1 }))).toBe('bad_tile_path');
    expect(await refusalOf(() => tilePath({ level: 0, index: 0, width: 0 }))).toBe('bad_tile_path');
    expect(await refusalOf(() => newTiles(2, 1))).toBe('out_of_range');
  });
});
