import { spawn } from 'node:child_process';
import { chmod, mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { build } from 'esbuild';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ask, newFolder, prepared, signingInput } from './signer.fixture.js';

let program: string;
let folder: string;

beforeAll(async () => {
  program = join(await mkdtemp(join(tmpdir(), 'gridpact-signer-build-')), 'signer.mjs');
  await build({
    entryPoints: [new URL('./main.ts', import.meta.url).pathname],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    conditions: ['@gridpact/source'],
  });
});
beforeEach(async () => {
  folder = await newFolder();
});

function run(overrides: Record<string, string> = {}, args: readonly string[] = []) {
  const env = {
    GRIDPACT_PARTY: 'power-company',
    GRIDPACT_PARTY_DIR: folder,
    GRIDPACT_HTTP_PORT: '0',
    GRIDPACT_SIGNER_KEYS: 'operator,approver',
    ...overrides,
  };
  const child = spawn(process.execPath, [program, ...args], { env });
  const output = { out: '', err: '' };
  child.stdout.on('data', (text: Buffer) => (output.out += text.toString()));
  child.stderr.on('data', (text: Buffer) => (output.err += text.toString()));
  const ended = new Promise<number | string>((resolve) =>
    child.on('exit', (code, signal) => resolve(code ?? signal ?? '')),
  );
  return { child, output, ended };
}

async function start() {
  const started = run();
  while (!started.output.out.includes('"ready"')) {
    if (started.child.exitCode !== null) throw new Error(started.output.err);
    await pause(5);
  }
  return { ...started, ready: JSON.parse(started.output.out) as { url: string; keys: { use: string; kid: string }[] } };
}

describe('the signer program', () => {
  it('explains itself, and names every variable that is wrong', async () => {
    const help = run({}, ['--help']);
    expect([await help.ended, help.output.out.includes('GRIDPACT_SIGNER_KEYS')]).toEqual([0, true]);
    const wrong = run({ GRIDPACT_PARTY: 'A', GRIDPACT_SIGNER_KEYS: 'operator,root', GRIDPACT_ENVIRONMENT: 'test' });
    expect(await wrong.ended).toBe(1);
    for (const name of ['GRIDPACT_PARTY ', 'GRIDPACT_SIGNER_KEYS', 'GRIDPACT_ENVIRONMENT']) {
      expect(wrong.output.err).toContain(name);
    }
  });

  it('makes its keys and token, signs, and stops cleanly without having told a secret', async () => {
    const { child, ready, output, ended } = await start();
    const token = (await readFile(join(folder, 'signer.token'), 'utf8')).trim();
    const [operator] = ready.keys;
    const { payload } = prepared({
      type: 'event.cancelled',
      by: 'power-company',
      body: { event: 'event-1', reason: 'cooler than forecast' },
    });
    const input = signingInput(operator?.kid ?? '', payload);
    expect((await ask({ url: ready.url, token }, { use: 'operator', signingInput: input })).status).toBe(200);
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
    expect(output.out).not.toContain(token);
  });

  it('does not start with a key that others may read', async () => {
    const first = await start();
    first.child.kill('SIGTERM');
    await first.ended;
    await chmod(join(folder, 'operator.key.pem'), 0o640);
    const second = run();
    expect([await second.ended, second.output.err]).toEqual([1, expect.stringContaining('chmod 600')]);
  });
});
