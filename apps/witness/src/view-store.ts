import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { noteVerifier, openCheckpoint, originHash, type Checkpoint, type Vkey } from '@gridpact/tlog';
import type { ReplaceFile } from './durable-file.js';

/** The last checkpoint of a log that the witness cosigned, and the note as it serves it. */
export interface View {
  readonly checkpoint: Checkpoint;
  readonly note: string;
}

/** The witness's memory: one file per log, named by the hash of its origin, holding the cosigned checkpoint. */
export interface ViewStore {
  /** Throws when the file is not a checkpoint of that log with the witness's own cosignature: never forget, never guess. */
  load(origin: string): Promise<View | undefined>;
  /** Resolves once the note is on disk. The caller serialises calls for one origin. */
  save(origin: string, note: string): Promise<void>;
  /** The note under an origin hash, unchecked; undefined when there is none. */
  read(hash: string): Promise<string | undefined>;
}

/** Store in a folder, made when missing. `vkey` is the witness's own key. */
export async function openViewStore(folder: string, vkey: Vkey, replace: ReplaceFile): Promise<ViewStore> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const pathOf = (hash: string) => join(folder, `${hash}.checkpoint`);
  const read = (hash: string) => readIfPresent(pathOf(hash));
  return {
    read,
    load: async (origin) => {
      const note = await read(originHash(origin));
      return note === undefined ? undefined : { checkpoint: ownCheckpoint(note, origin, vkey), note };
    },
    save: (origin, note) => replace(pathOf(originHash(origin)), note),
  };
}

function ownCheckpoint(note: string, origin: string, vkey: Vkey): Checkpoint {
  const { checkpoint } = openCheckpoint(note, [noteVerifier(vkey)]);
  if (checkpoint.origin !== origin) throw new Error(`the file of ${origin} holds a checkpoint of ${checkpoint.origin}`);
  return checkpoint;
}

async function readIfPresent(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
}
