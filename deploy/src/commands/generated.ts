import { globSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../run-command.ts';
import { CHECKOUT } from '../state-folder.ts';

/** Where `npm run generate` leaves OpenAPI and AsyncAPI documents. */
export const DOCUMENTS = join(CHECKOUT, 'docs', 'api');

/** Names of the documents that differ between what is committed and what the build says now, missing and left-over ones too. */
export async function staleDocuments(): Promise<string[]> {
  const fresh = mkdtempSync(join(tmpdir(), 'gridpact-documents-'));
  try {
    for (const generator of generators()) await run(process.execPath, [generator, fresh]);
    return differences(DOCUMENTS, fresh);
  } finally {
    rmSync(fresh, { recursive: true });
  }
}

/** Names of files that are not the same, byte for byte, in two folders; a folder that is not there is empty. */
export function differences(one: string, other: string): string[] {
  const [ours, theirs] = [textsIn(one), textsIn(other)];
  const names = new Set([...ours.keys(), ...theirs.keys()]);
  return [...names].filter((name) => ours.get(name) !== theirs.get(name)).sort();
}

/** The built generator of every package that has one: each writes its own documents into the folder it is given. */
function generators(): string[] {
  const sources = globSync(['apps/*/src/generate.ts', 'libs/*/src/generate.ts'], { cwd: CHECKOUT }).sort();
  return sources.map((source) => join(CHECKOUT, source.replace('/src/', '/dist/').replace(/\.ts$/, '.js')));
}

function textsIn(folder: string): Map<string, string> {
  const names = readdirIfPresent(folder).filter((name) => name.endsWith('.json'));
  return new Map(names.map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
}

function readdirIfPresent(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}
