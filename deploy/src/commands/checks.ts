import { join } from 'node:path';
import { staleDocuments } from './generated.ts';
import { exitCodeOf } from '../run-command.ts';
import { progress } from '../progress.ts';
import { showNx } from '../system.ts';
import { CHECKOUT } from '../state-folder.ts';
import { FailedError } from '../unusable-error.ts';

const BIN = join(CHECKOUT, 'node_modules', '.bin');

/** `gridpact check`: format, lint, types and unit tests; what has not changed comes from Nx's cache. */
export async function check(): Promise<number> {
  await passes('format', () =>
    exitCodeOf(
      join(BIN, 'prettier'),
      ['--check', '--log-level', 'warn', '--cache', '--cache-location', '.gridpact/prettier-cache', '.'],
      { cwd: CHECKOUT },
    ),
  );
  await buildProjectGraph();
  await passes('types, lint and unit tests', () => showNx(['run-many', '-t', 'build', 'typecheck', 'lint', 'test']));
  await passes('generated documents', documentsAreCurrent);
  await passes('manifests', () =>
    exitCodeOf(join(BIN, 'vitest'), ['run', '--project', 'unit', 'test/deployment'], { cwd: CHECKOUT }),
  );
  return 0;
}

/** `gridpact test`: everything, in the order of cost; the test runner's closing line comes last. */
export async function test(filters: readonly string[]): Promise<number> {
  await passes('build', () => showNx(['run-many', '-t', 'build']));
  await passes('types and lint', () => showNx(['run-many', '-t', 'typecheck', 'lint']));
  await passes('generated documents', documentsAreCurrent);
  return exitCodeOf(join(BIN, 'vitest'), ['run', ...filters], { cwd: CHECKOUT });
}

/** `gridpact generate`: writes OpenAPI, AsyncAPI and whatever else is made from code. */
export async function generate(): Promise<number> {
  await passes('build', () => showNx(['run-many', '-t', 'build']));
  return showNx(['run-many', '-t', 'generate']);
}

/** What is committed under docs/api is what the present code says; names every document that is not. */
async function documentsAreCurrent(): Promise<number> {
  const stale = await staleDocuments();
  for (const name of stale) process.stderr.write(`docs/api/${name} is not what the code says: npm run generate\n`);
  return stale.length === 0 ? 0 : 1;
}

/** The boundary rule of the linter only warns when no project graph is cached, so it is built first. */
async function buildProjectGraph(): Promise<void> {
  await passes('project graph', () => showNx(['show', 'projects', '--json']));
}

async function passes(title: string, work: () => Promise<number>): Promise<void> {
  await progress.step(title, async () => {
    const code = await work();
    if (code !== 0) throw new FailedError(`${title}: failed with exit code ${code}; the output above says where.`);
  });
}
