#!/usr/bin/env node
/**
 * Builds the sealed contract: one ES module without imports, the same bytes wherever it is built from the same sources
 * and lockfile. Its SHA-256 stands in `program.published`; services and verifier run these very bytes.
 *
 *   node build-bundle.mjs [--out FILE]     prints {"file", "bytes", "sha256"}
 */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build, transform } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const workspace = resolve(here, '../../..');
const { values } = parseArgs({ options: { out: { type: 'string', default: join(here, 'dist/contract.bundle.mjs') } } });

/** The schema library's messages in 60 languages are no part of a contract; English stays. */
const englishOnly = {
  name: 'english-only',
  setup(plugin) {
    plugin.onLoad({ filter: /zod\/v4\/locales\/index\.js$/ }, () => ({
      contents: "export { default as en } from './en.js';",
      loader: 'js',
    }));
  },
};

/**
 * Within the module these names mean nothing of the host: the schema library keeps its settings in the module itself,
 * where no other code can change them, and makes no code at run time.
 */
const HERMETIC = 'const globalThis = {};\nconst Function = undefined;\nconst navigator = undefined;\n';

const { outputFiles, metafile } = await build({
  entryPoints: [join(here, 'src/contract.ts')],
  absWorkingDir: workspace,
  outfile: values.out,
  bundle: true,
  write: false,
  metafile: true,
  format: 'esm',
  platform: 'neutral',
  mainFields: ['module', 'main'],
  conditions: ['@gridpact/source'],
  target: 'es2024',
  charset: 'utf8',
  banner: { js: HERMETIC },
  minify: false,
  keepNames: false,
  sourcemap: false,
  legalComments: 'none',
  treeShaking: true,
  tsconfigRaw: { compilerOptions: { target: 'es2024' } },
  logLevel: 'error',
  plugins: [englishOnly],
});

const [bundle] = outputFiles;
const imports = Object.values(metafile.outputs).flatMap((output) => output.imports);
if (imports.length > 0) throw new Error(`the bundle still imports ${imports.map((one) => one.path).join(', ')}`);
mkdirSync(dirname(values.out), { recursive: true });
const contents = await withoutLineComments(bundle.text);
writeFileSync(values.out, contents);
const sha256 = createHash('sha256').update(contents).digest('hex');
console.log(JSON.stringify({ file: values.out, bytes: Buffer.byteLength(contents), sha256 }));

/** Drops whole-line comments (paths of sources among them), and proves that nothing but comments went. */
async function withoutLineComments(text) {
  const kept = text.replaceAll(/^\s*\/\/.*\n/gm, '');
  const [before, after] = await Promise.all([text, kept].map((code) => transform(code, { minifyWhitespace: true })));
  if (before.code !== after.code) throw new Error('a line that looks like a comment is code');
  return kept;
}
