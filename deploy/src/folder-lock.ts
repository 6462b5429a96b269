import { closeSync, mkdirSync, openSync, readdirSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { identify, isAlive, type ProcessIdentity } from './process-identity.ts';
import { readJson, writeWhole } from './state-folder.ts';
import { UnusableError } from './unusable-error.ts';

const LOCK_WAIT_MS = 180_000;
const LOCK_POLL_MS = 200;

/** Runs `work` while no other process works on the same profile; a lock whose holder died is taken over. */
export async function exclusively<T>(stateDir: string, work: () => Promise<T>): Promise<T> {
  const path = join(stateDir, 'lock');
  await acquire(path, Date.now() + LOCK_WAIT_MS);
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}

async function acquire(path: string, giveUpAt: number): Promise<void> {
  mkdirSync(join(path, '..'), { recursive: true });
  while (!tryLock(path)) {
    const holder = readJson<ProcessIdentity>(path);
    if (!holder || !isAlive(holder)) rmSync(path, { force: true });
    else if (Date.now() > giveUpAt) {
      throw new UnusableError(`Process ${holder.pid} is still working on ${path}: wait for it or end it.`);
    } else await sleep(LOCK_POLL_MS);
  }
}

function tryLock(path: string): boolean {
  try {
    const file = openSync(path, 'wx', 0o600);
    writeSync(file, JSON.stringify(identify(process.pid)));
    closeSync(file);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

/** Notes that this process uses the profile's services, so that another one's release leaves them running. */
export function takeLease(stateDir: string): void {
  writeWhole(join(stateDir, 'leases', String(process.pid)), JSON.stringify(identify(process.pid)));
}

/** Gives this process's lease back and says whether any living process still holds one; leases of the dead are removed. */
export function dropLease(stateDir: string): { inUse: boolean } {
  const folder = join(stateDir, 'leases');
  mkdirSync(folder, { recursive: true });
  rmSync(join(folder, String(process.pid)), { force: true });
  const living = readdirSync(folder).filter((name) => keepIfAlive(join(folder, name)));
  return { inUse: living.length > 0 };
}

function keepIfAlive(path: string): boolean {
  const holder = readJson<ProcessIdentity>(path);
  const alive = holder !== undefined && isAlive(holder);
  if (!alive) rmSync(path, { force: true });
  return alive;
}
