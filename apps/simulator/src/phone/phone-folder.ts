import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { basename, join } from 'node:path';

/** A phone's own storage: files that only its owner may read, replaced whole or not at all. */
export class PhoneFolder {
  constructor(readonly path: string) {}

  async read(name: string): Promise<string | undefined> {
    try {
      return await readFile(this.locate(name), 'utf8');
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
      throw error;
    }
  }

  async readJson(name: string): Promise<unknown> {
    const text = await this.read(name);
    return text === undefined ? undefined : JSON.parse(text);
  }

  /** Writes durably: what a phone was promised must survive its battery. Returns the file's path. */
  async write(name: string, content: string | Uint8Array): Promise<string> {
    const file = this.locate(name);
    await mkdir(join(file, '..'), { recursive: true, mode: 0o700 });
    const draft = `${file}.draft`;
    const handle = await open(draft, 'w', 0o600);
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(draft, file);
    return file;
  }

  writeJson(name: string, value: unknown): Promise<string> {
    return this.write(name, `${JSON.stringify(value, null, 2)}\n`);
  }

  /** Names may have one folder in front; ids from a server never lead out of the phone's own. */
  private locate(name: string): string {
    const parts = name.split('/').map((part) => basename(part));
    if (parts.some((part) => part === '' || part === '.' || part === '..')) throw new Error(`no file name: ${name}`);
    return join(this.path, ...parts);
  }
}
