import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { dropLease, exclusively, takeLease } from './folder-lock.ts';
import { identify } from './process-identity.ts';

let stateDir: string;
beforeEach(() => (stateDir = mkdtempSync(join(tmpdir(), 'gridpact-lock-'))));
afterEach(() => rmSync(stateDir, { recursive: true }));

it('lets one at a time work on a folder, the others wait', async () => {
  const log: string[] = [];
  const work = (name: string) =>
    exclusively(stateDir, async () => {
      log.push(`${name} in`);
      await new Promise((resolve) => setTimeout(resolve, 20));
      log.push(`${name} out`);
    });
  await Promise.all([work('a'), work('b')]);

  expect(log).toEqual(['a in', 'a out', 'b in', 'b out']);
  expect(existsSync(join(stateDir, 'lock'))).toBe(false);
});

it('takes over the lock of a process that was killed, and one that was cut short', async () => {
  writeFileSync(join(stateDir, 'lock'), JSON.stringify(await identityOfTheDead()));
  expect(await exclusively(stateDir, () => Promise.resolve('done'))).toBe('done');

  writeFileSync(join(stateDir, 'lock'), '{"pid":');
  expect(await exclusively(stateDir, () => Promise.resolve('done'))).toBe('done');
});

it('is given back when the work fails', async () => {
  await expect(exclusively(stateDir, () => Promise.reject(new Error('failed')))).rejects.toThrow('failed');
  expect(existsSync(join(stateDir, 'lock'))).toBe(false);
});

it('a stack is in use while a living process holds a lease, not when only the dead do', async () => {
  const other = spawn('sleep', ['61']);
  await once(other, 'spawn');
  mkdirSync(join(stateDir, 'leases'));
  writeFileSync(join(stateDir, 'leases', String(other.pid)), JSON.stringify(identify(other.pid ?? 0)));
  takeLease(stateDir);

  expect(dropLease(stateDir)).toEqual({ inUse: true });
  other.kill();
  await once(other, 'exit');
  expect(dropLease(stateDir)).toEqual({ inUse: false });
});

async function identityOfTheDead() {
  const child = spawn('sleep', ['61']);
  await once(child, 'spawn');
  const identity = identify(child.pid ?? 0);
  child.kill('SIGKILL');
  await once(child, 'exit');
  return identity;
}
