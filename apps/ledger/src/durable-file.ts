import { chmod, link, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Reads a private file, or makes it once: readable by its owner only, whole or not at all. Of two processes that start
 * at once one makes it and both read the same.
 */
export async function readOrCreate(path: string, make: () => Uint8Array | string): Promise<Buffer> {
  const found = await readIfThere(path);
  if (found) return found;
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const made = await writeTemporary(path, make(), 0o600);
  await link(made, path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  await rm(made);
  await syncFolder(dirname(path));
  return readFile(path);
}

/** Writes a public file so that readers see the old or the new whole, also after a crash: temp, fsync, rename, fsync. */
export async function writeDurably(path: string, content: Uint8Array | string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const made = await writeTemporary(path, content, 0o644);
  await rename(made, path);
  await syncFolder(dirname(path));
}

/** The file's bytes; undefined when there is none. */
export async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

let written = 0;

async function writeTemporary(path: string, content: Uint8Array | string, mode: number): Promise<string> {
  const temporary = `${path}.${process.pid}.${(written += 1)}.tmp`;
  const file = await open(temporary, 'w', mode);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
  await chmod(temporary, mode);
  return temporary;
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
