import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { ESLint } from 'eslint';
import { beforeAll, describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');

/** Lints a text as if it stood at `path`; answers the rules that refuse it. */
async function refusals(path: string, text: string): Promise<string[]> {
  const eslint = new ESLint({
    cwd: ROOT,
    overrideConfig: [
      {
        files: ['**/*.specimen.ts'],
        languageOptions: {
          parserOptions: { projectService: { allowDefaultProject: ['*/*/*/*.specimen.ts', '*/*/*/*/*.specimen.ts'] } },
        },
      },
    ],
  });
  const [result] = await eslint.lintText(text, { filePath: join(ROOT, path) });
  return (result?.messages ?? []).map((message) => message.ruleId ?? message.message);
}

describe('layer rules', () => {
  beforeAll(() => {
    // The boundary rule passes everything while Nx has no project graph: make one first.
    execFileSync(join(ROOT, 'node_modules/.bin/nx'), ['show', 'projects'], {
      cwd: ROOT,
      env: { ...process.env, NX_DAEMON: 'false' },
    });
  }, 60_000);

  it.each([
    [
      'the kernel imports a domain library',
      'libs/domain/kernel/src/wrong.specimen.ts',
      "import { tier } from '@gridpact/program';\nexport const wrong = tier;\n",
    ],
    [
      'a domain library imports the platform',
      'libs/domain/dispatch/src/wrong.specimen.ts',
      "import { runService } from '@gridpact/platform/app';\nexport const wrong = runService;\n",
    ],
    [
      'a domain library imports a driver',
      'libs/domain/dispatch/src/wrong.specimen.ts',
      "import pg from 'pg';\nexport const wrong = pg.Pool;\n",
    ],
    [
      'the verifier imports the platform',
      'apps/verifier/src/wrong.specimen.ts',
      "import { runService } from '@gridpact/platform/app';\nexport const wrong = runService;\n",
    ],
  ])(
    'refuse a file where %s',
    async (_name, path, text) => {
      expect(await refusals(path, text)).toContain('@nx/enforce-module-boundaries');
    },
    60_000,
  );

  it.each([
    ['reads the clock', 'export const wrong = Date.now();\n', 'no-restricted-syntax'],
    ['makes a date of now', 'export const wrong = new Date();\n', 'no-restricted-syntax'],
    ['throws dice', 'export const wrong = Math.random();\n', 'no-restricted-syntax'],
    ['reads the environment', 'export const wrong = process.env.HOME;\n', 'no-restricted-syntax'],
    [
      'reads files',
      "import { readFileSync } from 'node:fs';\nexport const wrong = readFileSync;\n",
      'no-restricted-imports',
    ],
    ['opens sockets', "import { connect } from 'node:net';\nexport const wrong = connect;\n", 'no-restricted-imports'],
  ])(
    'refuse domain code that %s',
    async (_name, text, rule) => {
      expect(await refusals('libs/domain/kernel/src/wrong.specimen.ts', text)).toContain(rule);
    },
    60_000,
  );

  it('let clean domain code pass', async () => {
    const clean = "import { instant } from '@gridpact/kernel';\nexport const right = instant(0);\n";
    expect(await refusals('libs/domain/program/src/right.specimen.ts', clean)).toEqual([]);
  }, 60_000);
});
