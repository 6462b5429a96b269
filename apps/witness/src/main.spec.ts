import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, readFile, stat, utimes, writeFile, chmod } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { build } from 'esbuild';
import { noteVerifier, openCheckpoint, originHash, parseVkey } from '@gridpact/tlog';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { logVkey, newFolder, ORIGIN, post, request } from './witness.fixture.js';

let program: string;
let folder: string;
const running = new Set<ChildProcess>();

beforeAll(async () => {
  program = join(await mkdtemp(join(tmpdir(), 'gridpact-witness-build-')), 'witness.mjs');
  const entry = new URL('./main.ts', import.meta.url).pathname;
  await build({
    entryPoints: [entry],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    conditions: ['@gridpact/source'],
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  });
});
beforeEach(async () => {
  folder = await newFolder();
});
afterEach(() => {
  running.forEach((child) => child.kill('SIGKILL'));
  running.clear();
});

function run(overrides: Record<string, string> = {}, args: readonly string[] = []) {
  const env = {
    GRIDPACT_PARTY: 'regulator',
    GRIDPACT_PARTY_DIR: folder,
    GRIDPACT_HTTP_PORT: '0',
    GRIDPACT_WITNESS_LOGS: join(folder, 'logs.txt'),
    ...overrides,
  };
  const child = spawn(process.execPath, [program, ...args], { env });
  running.add(child);
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
  const { url } = JSON.parse(started.output.out.split('\n')[0] ?? '') as { url: string };
  return { ...started, url };
}

describe('the witness program', () => {
  it('explains itself, and names every variable that is wrong', async () => {
    const help = run({}, ['--help']);
    expect([await help.ended, help.output.out.includes('GRIDPACT_WITNESS_LOGS')]).toEqual([0, true]);
    const wrong = run({ GRIDPACT_PARTY: 'a b', GRIDPACT_PARTY_DIR: 'here', GRIDPACT_HTTP_PORT: '70000' });
    expect(await wrong.ended).toBe(1);
    for (const name of ['GRIDPACT_PARTY ', 'GRIDPACT_PARTY_DIR', 'GRIDPACT_HTTP_PORT']) {
      expect(wrong.output.err).toContain(name);
    }
  });

  it('makes its key for its own eyes only, keeps it, and stops cleanly', async () => {
    const first = await start();
    const vkey = await readFile(join(folder, 'witness.vkey'), 'utf8');
    expect((await stat(join(folder, 'witness.key.pem'))).mode & 0o777).toBe(0o600);
    expect(parseVkey(vkey.trim())).toMatchObject({ name: 'regulator.witness.gridpact.local', type: 4 });
    first.child.kill('SIGTERM');
    expect(await first.ended).toBe(0);
    await expect(stat(join(folder, 'witness.lock'))).rejects.toThrow('ENOENT');
    const second = await start();
    expect(await readFile(join(folder, 'witness.vkey'), 'utf8')).toBe(vkey);
    second.child.kill('SIGTERM');
    expect(await second.ended).toBe(0);
  });

  it('refuses a folder that another one holds, another name, and a key that others may read', async () => {
    const first = await start();
    const second = run();
    expect([await second.ended, second.output.err]).toEqual([
      1,
      expect.stringContaining(`process ${first.child.pid} holds`),
    ]);
    first.child.kill('SIGTERM');
    await first.ended;
    const renamed = run({ GRIDPACT_WITNESS_NAME: 'other.example' });
    expect([await renamed.ended, renamed.output.err]).toEqual([1, expect.stringContaining('another key or name')]);
    await chmod(join(folder, 'witness.key.pem'), 0o644);
    const open = run();
    expect([await open.ended, open.output.err]).toEqual([1, expect.stringContaining('chmod 600')]);
  });

  it('learns a log that is written after it started, and forgets one that is taken away', async () => {
    const { url } = await start();
    expect((await post(url, await request(0, 7))).status).toBe(404);
    await writeFile(join(folder, 'logs.txt'), `# the log\n\n${logVkey}\n`);
    expect((await post(url, await request(0, 7))).status).toBe(200);
    await writeFile(join(folder, 'logs.txt'), 'nonsense\n');
    expect((await post(url, await request(7, 9))).status).toBe(500);
    await writeFile(join(folder, 'logs.txt'), '');
    await utimes(join(folder, 'logs.txt'), 1, 1);
    expect((await post(url, await request(7, 9))).status).toBe(404);
  });

  it('killed at any moment remembers at least what it answered, and starts again by itself', async () => {
    await writeFile(join(folder, 'logs.txt'), `${logVkey}\n`);
    let answered = 0;
    for (let round = 0; round < 5; round += 1) {
      const { child, url, ended } = await start();
      const remembered = await viewSizeAt(url);
      expect([answered, answered + 1]).toContain(remembered);
      answered = await advance(url, remembered, 3);
      const unanswered = post(url, await request(answered, answered + 1)).catch(() => undefined);
      await pause(round);
      child.kill('SIGKILL');
      expect(await ended).toBe('SIGKILL');
      answered += (await unanswered)?.status === 200 ? 1 : 0;
    }
    expect(answered).toBeGreaterThanOrEqual(15);
  });
});

async function viewSizeAt(url: string): Promise<number> {
  const response = await fetch(`${url}/${originHash(ORIGIN)}/checkpoint`);
  if (response.status === 404) return 0;
  const own = parseVkey((await readFile(join(folder, 'witness.vkey'), 'utf8')).trim());
  return openCheckpoint(await response.text(), [noteVerifier(own)]).checkpoint.size;
}

/** Moves the witness on entry by entry; gives the size that it cosigned last. */
async function advance(url: string, from: number, steps: number): Promise<number> {
  for (let size = from; size < from + steps; size += 1) {
    expect((await post(url, await request(size, size + 1))).status).toBe(200);
  }
  return from + steps;
}
