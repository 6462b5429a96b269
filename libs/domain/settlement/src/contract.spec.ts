import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { canonicalText, runContract } from './contract.js';
import { flatLoad, inputsWith, lineWith, series } from './inputs.fixture.js';
import { settlementOutputs } from './outputs.js';

const BUILDER = fileURLToPath(new URL('../build-bundle.mjs', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'contract-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const text = canonicalText(
  inputsWith([
    lineWith({ line: 'a' }),
    lineWith({ line: 'b', baselineMethod: 'PJM_4OF5_SAA', series: series(flatLoad(9n), 4) }),
    lineWith({ line: 'c', commitments: [] }),
  ]),
);
const answer = (inputs: string) => settlementOutputs.parse(JSON.parse(runContract(inputs)));

function build(name: string) {
  const out = join(folder, name);
  const printed = execFileSync(process.execPath, [BUILDER, '--out', out], { encoding: 'utf8' });
  return { out, ...(JSON.parse(printed) as { sha256: string; bytes: number }) };
}

describe('contract', () => {
  it('answers canonical JSON that its own schema describes', () => {
    const outputs = runContract(text);
    expect(canonicalText(JSON.parse(outputs))).toBe(outputs);
    expect(answer(text)).toMatchObject({ outcome: 'settled', totals: { lines: 3 } });
  });

  it('gives the same bytes again', () => expect(runContract(text)).toBe(runContract(text)));

  it.each([
    ['not JSON', '{', 'not_canonical_json'],
    ['not an object', '7', 'not_canonical_json'],
    ['null', 'null', 'not_canonical_json'],
    ['not canonical', `${text} `, 'not_canonical_json'],
    ['an unknown field', text.replace('{"days"', '{"clock":1,"days"'), 'schema'],
    ['a missing field', text.replace(/,"v":1}$/, '}'), 'schema'],
    ['an energy as a number', text.replace('"2000"', '2000'), 'schema'],
    ['a negative price', text.replace(/"1500000"/g, '"-1500000"'), 'schema'],
    ['a date that does not exist', text.replace('"2026-07-15"', '"2026-07-32"'), 'schema'],
  ])('refuses %s', (_, inputs, code) => expect(answer(inputs)).toMatchObject({ outcome: 'refused', code }));

  it('never throws, whatever the text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (inputs) => {
        expect(answer(inputs).outcome).toBe('refused');
      }),
    );
  });
});

describe('bundle', () => {
  it('is the same bytes from two builds, imports nothing and names no folder of this machine', () => {
    const [first, second] = [build('one.mjs'), build('two.mjs')];
    const source = readFileSync(first.out, 'utf8');
    expect(source === readFileSync(second.out, 'utf8')).toBe(true);
    expect(first.sha256).toBe(second.sha256);
    expect(/^\s*import\b|\bimport\s*\(|\brequire\(/m.test(source)).toBe(false);
    expect(source.includes(fileURLToPath(new URL('../../../../', import.meta.url)))).toBe(false);
  });

  it('answers what the library answers, and is untouched by settings of its host', async () => {
    Object.assign(globalThis, { __zod_globalConfig: { customError: () => 'changed by the host' } });
    const bundle = (await import(pathToFileURL(build('run.mjs').out).href)) as { runContract: typeof runContract };
    expect(bundle.runContract(text)).toBe(runContract(text));
    const faulty = text.replace('"2000"', '2000');
    expect(bundle.runContract(faulty)).toContain('expected string');
  });
});
