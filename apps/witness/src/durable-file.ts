import { open, rename, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Replaces a file so that a crash at any moment leaves either its old or its new text, and success means it is on disk. */
export type ReplaceFile = (path: string, text: string) => Promise<void>;

/** Writes beside the file, flushes, renames over it, flushes the folder. Callers serialise writes to one path. */
export const replaceDurably: ReplaceFile = async (path, text) => {
  const next = `${path}.next`;
  await withFile(next, 'w', async (file) => {
    await file.writeFile(text);
    await file.sync();
  });
  await rename(next, path);
  await withFile(dirname(path), 'r', (folder) => folder.sync());
};

async function withFile(path: string, flags: string, use: (file: FileHandle) => Promise<void>): Promise<void> {
  const file = await open(path, flags, 0o600);
  try {
    await use(file);
  } finally {
    await file.close();
  }
}
