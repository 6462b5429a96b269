import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ensureRunning, livingDaemon, livingDaemons, stopDaemon, type DaemonSpec } from './daemon.ts';

describe('a daemon', () => {
  let stateDir: string;
  beforeEach(() => (stateDir = mkdtempSync(join(tmpdir(), 'gridpact-daemon-'))));
  afterEach(async () => {
    await stopDaemon(stateDir, 'sleeper');
    rmSync(stateDir, { recursive: true });
  });
  const pid = () => livingDaemon(stateDir, 'sleeper')?.pid;

  it('is started once, however often it is asked for', async () => {
    expect(await ensureRunning(stateDir, sleeper(stateDir))).toBe('started');
    const first = pid();

    expect(await ensureRunning(stateDir, sleeper(stateDir))).toBe('running');
    expect(pid()).toBe(first);
    expect(livingDaemons(stateDir).map(({ name }) => name)).toEqual(['sleeper']);
  });

  it('is replaced when its version or its variables changed', async () => {
    await ensureRunning(stateDir, sleeper(stateDir));
    const first = pid();

    expect(await ensureRunning(stateDir, sleeper(stateDir, { version: '2' }))).toBe('started');
    const second = pid();
    expect(second).not.toBe(first);
    await ensureRunning(stateDir, sleeper(stateDir, { version: '2', env: { GRIDPACT_X: 'changed' } }));
    expect(pid()).not.toBe(second);
  });

  it('is found and replaced when its starter died before it wrote the record', async () => {
    await ensureRunning(stateDir, sleeper(stateDir));
    const orphan = livingDaemon(stateDir, 'sleeper');
    rmSync(join(stateDir, 'pids', 'sleeper.json'));

    expect(await ensureRunning(stateDir, sleeper(stateDir))).toBe('started');
    expect(pid()).not.toBe(orphan?.pid);
    expect(() => process.kill(orphan?.pid ?? 0, 0)).toThrow();
  });

  it('is started again after it was killed', async () => {
    await ensureRunning(stateDir, sleeper(stateDir));
    await stopDaemon(stateDir, 'sleeper', 'SIGKILL');

    expect(pid()).toBeUndefined();
    expect(await ensureRunning(stateDir, sleeper(stateDir))).toBe('started');
  });

  it('that ends at once is tried again, then refused with the end of its log', async () => {
    const script = 'console.log("no room for me"); process.exit(1)';
    const failing = { ...sleeper(stateDir, { script }), ready: () => Promise.resolve(false) };

    await expect(ensureRunning(stateDir, failing)).rejects.toThrow(
      /sleeper ended right after its start.*(no room for me\n?){3}/s,
    );
  });

  it('that never becomes ready is refused in time', async () => {
    const deaf = { ...sleeper(stateDir), ready: () => Promise.resolve(false), readyTimeoutMs: 300 };

    await expect(ensureRunning(stateDir, deaf)).rejects.toThrow('sleeper was not ready after 0.3 s');
  });
});

interface Variation {
  readonly script?: string;
  readonly version?: string;
  readonly env?: NodeJS.ProcessEnv;
}

function sleeper(
  stateDir: string,
  { script = 'setInterval(() => 0, 1000)', version = '1', env = {} }: Variation = {},
): DaemonSpec {
  const started = performance.now();
  return {
    name: 'sleeper',
    command: process.execPath,
    args: ['-e', script, stateDir],
    env,
    recognise: stateDir,
    version,
    stopSignal: 'SIGTERM',
    ready: () => Promise.resolve(performance.now() - started > 200),
    readyTimeoutMs: 5000,
  };
}
