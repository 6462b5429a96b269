import { join } from 'node:path';
import { type EntryBundle, type Tile, entryBundlePath, sameBytes, tilePath } from '@gridpact/tlog';
import { readIfThere, writeDurably } from '../durable-file.js';
import { LogCorrupt } from '../store/log-store.js';

/** Files written side by side at most. */
const PARALLEL_WRITES = 16;

/**
 * The files that are served: tiles, entry bundles, and the checkpoint last. Filled after the quorum, never read beyond the
 * published size, and rebuilt from the database when lost. What is written once never changes.
 */
export class LogCache {
  constructor(private readonly folder: string) {}

  /** The checkpoint that stands here, if any; to be verified before it is believed. */
  async checkpoint(): Promise<string | undefined> {
    return (await readIfThere(join(this.folder, 'checkpoint')))?.toString('utf8');
  }

  /** Replaces the checkpoint; everything it covers must have been written before. */
  async writeCheckpoint(note: string): Promise<void> {
    await writeDurably(join(this.folder, 'checkpoint'), note);
  }

  /** Writes what a grown tree needs; a file that stands already must hold the same bytes, else {@link LogCorrupt}. */
  async write(tiles: readonly Tile[], bundles: readonly EntryBundle[]): Promise<void> {
    const files = [
      ...tiles.map((tile) => ({ path: tilePath(tile), bytes: tile.bytes })),
      ...bundles.map((bundle) => ({ path: entryBundlePath(bundle), bytes: bundle.bytes })),
    ];
    for (let at = 0; at < files.length; at += PARALLEL_WRITES) {
      await Promise.all(files.slice(at, at + PARALLEL_WRITES).map(({ path, bytes }) => this.#writeOnce(path, bytes)));
    }
  }

  /** Bytes of a file by its path below the log's prefix, as `tilePath` and `entryBundlePath` write it. */
  read(path: string): Promise<Buffer | undefined> {
    return readIfThere(join(this.folder, path));
  }

  async #writeOnce(path: string, bytes: Uint8Array): Promise<void> {
    const standing = await this.read(path);
    if (standing === undefined) await writeDurably(join(this.folder, path), bytes);
    else if (!sameBytes(standing, bytes)) throw new LogCorrupt(`${path} would change`);
  }
}
