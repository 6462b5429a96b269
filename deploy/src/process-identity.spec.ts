import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { findProcess, identify, isAlive } from './process-identity.ts';

it('knows a process by number, start and command line', async () => {
  const child = spawn('sleep', ['61.25']);
  await once(child, 'spawn');
  const identity = identify(child.pid ?? 0);
  if (!identity) throw new Error('the child must live');

  expect(isAlive(identity, 'sleep 61.25')).toBe(true);
  expect(isAlive(identity, 'another program')).toBe(false);
  expect(isAlive({ ...identity, startTicks: '1' })).toBe(false);
  expect(isAlive({ ...identity, bootId: 'an earlier boot' })).toBe(false);
  child.kill();
  await once(child, 'exit');
  expect(isAlive(identity)).toBe(false);
  expect(identify(identity.pid)).toBeUndefined();
});

it('finds the eldest process of a command line when its record was lost', async () => {
  const marker = `eldest-of-its-kind-${process.pid}`;
  const parent = spawn('sh', ['-c', `sh -c "sleep 61; true" ${marker}; true`, marker], { detached: true });
  await once(parent, 'spawn');
  await expect.poll(() => findProcess(marker)?.pid).toBe(parent.pid);

  expect(findProcess('no-process-has-this-in-its-command-line-815')).toBeUndefined();
  process.kill(-(parent.pid ?? 0));
  await expect.poll(() => findProcess(marker)).toBeUndefined();
});
