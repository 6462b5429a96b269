import nx from '@nx/eslint-plugin';
import prettier from 'eslint-config-prettier';
import tseslint from 'typescript-eslint';

/** Folders of the domain layers: pure code, whose time, ids and randomness are arguments. */
const DOMAIN = [
  'libs/domain/**/src/**/*.ts',
  'libs/tlog/src/**/*.ts',
  'libs/statement/src/**/*.ts',
  'libs/dossier/src/**/*.ts',
  'libs/openadr-wire/src/**/*.ts',
];
const DOMAIN_PACKAGES = [
  'zod',
  'canonicalize',
  'temporal-polyfill',
  '@noble/*',
  'fast-check',
  'vitest',
  'csv-parse',
  'yaml',
  'node:*',
];

const BANNED_IN_DOMAIN = [
  {
    selector: "MemberExpression[object.name='Date'][property.name='now']",
    message: 'Time is an argument in domain code.',
  },
  { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: 'Time is an argument in domain code.' },
  {
    selector: "MemberExpression[object.name='Math'][property.name='random']",
    message: 'Randomness is an argument in domain code.',
  },
  {
    selector: "MemberExpression[object.name='process'][property.name='env']",
    message: 'Domain code has no environment.',
  },
  {
    selector: "MemberExpression[object.name='performance'][property.name='now']",
    message: 'Time is an argument in domain code.',
  },
  {
    selector: "MemberExpression[object.name='crypto'][property.name=/^(randomUUID|getRandomValues|randomBytes)$/]",
    message: 'Randomness is an argument in domain code.',
  },
];

/** Which layer may import which (the layout of the design); enforced by Nx tags in each package.json. */
const LAYERS = [
  { sourceTag: 'layer:kernel', onlyDependOnLibsWithTags: [], allowedExternalImports: DOMAIN_PACKAGES },
  {
    sourceTag: 'layer:domain',
    onlyDependOnLibsWithTags: ['layer:kernel', 'layer:domain'],
    allowedExternalImports: DOMAIN_PACKAGES,
  },
  {
    sourceTag: 'layer:contracts',
    onlyDependOnLibsWithTags: ['layer:kernel', 'layer:domain'],
    allowedExternalImports: ['zod', 'vitest', 'yaml', 'node:*'],
  },
  {
    sourceTag: 'layer:platform',
    onlyDependOnLibsWithTags: ['layer:kernel', 'layer:domain', 'layer:contracts', 'layer:platform', 'layer:testing'],
  },
  {
    sourceTag: 'layer:service',
    onlyDependOnLibsWithTags: ['layer:kernel', 'layer:domain', 'layer:contracts', 'layer:platform', 'layer:testing'],
  },
  { sourceTag: 'layer:party', onlyDependOnLibsWithTags: ['layer:kernel', 'layer:domain'] },
  {
    sourceTag: 'layer:verifier',
    onlyDependOnLibsWithTags: ['layer:kernel', 'layer:domain'],
    allowedExternalImports: ['commander', 'zod', 'vitest', 'node:*'],
  },
  {
    sourceTag: 'layer:simulator',
    onlyDependOnLibsWithTags: ['layer:kernel', 'layer:domain', 'layer:contracts', 'layer:platform'],
  },
  {
    sourceTag: 'layer:tooling',
    onlyDependOnLibsWithTags: ['layer:kernel', 'layer:domain', 'layer:contracts', 'layer:tooling'],
  },
  { sourceTag: 'layer:testing', onlyDependOnLibsWithTags: ['*'] },
];

export default tseslint.config(
  {
    ignores: ['**/dist/**', '**/node_modules/**', '.nx/**', '.gridpact/**', 'test/architecture/fixtures/**', 'docs/**'],
  },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
  },
  {
    files: ['**/*.ts'],
    plugins: { '@nx': nx },
    rules: {
      '@nx/enforce-module-boundaries': [
        'error',
        { enforceBuildableLibDependency: false, banTransitiveDependencies: false, allow: [], depConstraints: LAYERS },
      ],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/consistent-type-imports': 'off',
      '@typescript-eslint/no-unsafe-enum-comparison': 'off',
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 70, skipBlankLines: true, skipComments: true }],
    },
  },
  {
    // Tests on real services import the harness, which no build references: they have a project of their own.
    files: [
      'apps/**/*.integration.spec.ts',
      'apps/{dispatcher,ingest,settlement}/**/*.fixture.ts',
      'libs/platform/**/*.integration.spec.ts',
    ],
    languageOptions: {
      parserOptions: {
        projectService: false,
        project: ['apps/*/tsconfig.integration.json', 'libs/platform/tsconfig.integration.json'],
        tsconfigRootDir: import.meta.dirname,
      },
    },
  },
  {
    files: ['**/*.spec.ts', 'test/**/*.ts', 'libs/testing/**/*.ts'],
    rules: {
      'max-lines-per-function': 'off',
      'max-lines': ['error', { max: 700, skipBlankLines: true, skipComments: true }],
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
  {
    files: DOMAIN,
    ignores: ['**/*.spec.ts', '**/crypto.node.ts'],
    rules: {
      'no-restricted-syntax': ['error', ...BANNED_IN_DOMAIN],
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              group: ['node:*', 'fs', 'net', 'crypto', '@nestjs/*', 'rxjs', 'pg', 'kafkajs'],
              message: 'Domain code has no drivers, no framework and no machine.',
            },
          ],
        },
      ],
    },
  },
  prettier,
);
