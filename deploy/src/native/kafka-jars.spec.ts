import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { wrongJars } from './kafka-jars.ts';

const folder = mkdtempSync(join(tmpdir(), 'gridpact-jars-'));
afterAll(() => rmSync(folder, { recursive: true }));
const hash = createHash('sha256').update('good').digest('hex');
const list = `${hash}  good.jar\n${hash}  changed.jar\n${hash}  missing.jar\n`;

it('names every jar that is missing or differs from the committed list', () => {
  writeFileSync(join(folder, 'good.jar'), 'good');
  writeFileSync(join(folder, 'changed.jar'), 'good, with something added');

  expect(wrongJars(folder, list)).toEqual(['changed.jar', 'missing.jar']);
});
