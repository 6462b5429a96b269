import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { differences } from './generated.ts';

const folder = mkdtempSync(join(tmpdir(), 'gridpact-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('generated documents', () => {
  it('are stale when changed, missing or left over, and current when the same byte for byte', () => {
    const committed = folderOf('committed', {
      'same.json': '{}\n',
      'changed.json': '{"a":1}\n',
      'left-over.json': '{}\n',
    });
    const fresh = folderOf('fresh', { 'same.json': '{}\n', 'changed.json': '{"a":2}\n', 'missing.json': '{}\n' });

    expect(differences(committed, fresh)).toEqual(['changed.json', 'left-over.json', 'missing.json']);
  });

  it('are all missing when nothing was ever generated', () => {
    expect(differences(join(folder, 'nowhere'), folderOf('one', { 'one.json': '{}\n' }))).toEqual(['one.json']);
  });
});

function folderOf(name: string, files: Readonly<Record<string, string>>): string {
  mkdirSync(join(folder, name));
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, name, file), text);
  return join(folder, name);
}
