import { sep } from 'node:path';
import { defineConfig } from 'vitest/config';

const SECOND_MS = 1000;
const BUILT = ['**/node_modules/**', '**/dist/**', '**/.gridpact/**', '**/.nx/**'];
const SERVICES_SETUP = './libs/testing/src/vitest-services.ts';

/** Started in a package's folder (`npm test` there, Nx), only that package's tests run. */
const ROOT = import.meta.dirname;
const dir = process.cwd().startsWith(ROOT + sep) ? process.cwd() : ROOT;

/** Workspace packages are read from their sources, so that tests need no build. */
const conditions = ['@gridpact/source', 'module', 'node', 'development|production'];
const resolve = { conditions };
const ssr = { resolve: { conditions, externalConditions: ['@gridpact/source', 'node'] } };

export default defineConfig({
  resolve,
  ssr,
  test: {
    projects: [
      {
        resolve,
        ssr,
        test: {
          name: 'unit',
          testTimeout: 30_000,
          dir,
          include: ['**/*.spec.ts'],
          exclude: [...BUILT, '**/*.integration.spec.ts', '**/*.e2e.spec.ts'],
          sequence: { groupOrder: 0 },
        },
      },
      {
        resolve,
        ssr,
        test: {
          name: 'integration',
          dir,
          include: ['**/*.integration.spec.ts'],
          exclude: BUILT,
          globalSetup: SERVICES_SETUP,
          testTimeout: 30 * SECOND_MS,
          hookTimeout: 60 * SECOND_MS,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        resolve,
        ssr,
        test: {
          name: 'e2e',
          dir,
          include: ['**/*.e2e.spec.ts'],
          exclude: BUILT,
          testTimeout: 300 * SECOND_MS,
          hookTimeout: 300 * SECOND_MS,
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
