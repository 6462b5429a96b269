import { readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

/** After taking over a dead process's lock, how long to wait for another that took it over at the same moment. */
const TAKEOVER_PAUSE_MS = 50;

/**
 * Holds a folder for this process, by a file with its id and start time; two witnesses with one memory could each cosign
 * one side of a fork. The lock of a process that is no more is taken over. Throws when a live process holds it.
 */
export async function lockFolder(path: string): Promise<() => void> {
  const mine = processMark(process.pid);
  if (!tryWrite(path, mine)) {
    const holder = readFileSync(path, 'utf8').trim();
    if (isAlive(holder)) {
      throw new Error(`process ${holder.split(' ')[0]} holds ${path}; stop it first, or give this one another folder`);
    }
    writeFileSync(path, mine);
    await pause(TAKEOVER_PAUSE_MS);
    if (readFileSync(path, 'utf8') !== mine) throw new Error(`another process took ${path} at the same moment`);
  }
  return () => unlinkSync(path);
}

function tryWrite(path: string, mark: string): boolean {
  try {
    writeFileSync(path, mark, { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

/** True when the process that wrote the mark still runs; a later process that got the same id does not count. */
function isAlive(mark: string): boolean {
  const pid = Number(mark.split(' ')[0]);
  if (!Number.isSafeInteger(pid) || pid <= 0 || !exists(pid)) return false;
  return pid !== process.pid && processMark(pid) === mark;
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** `<pid> <start time in clock ticks since boot>`; the start time only where /proc tells it. */
function processMark(pid: number): string {
  try {
    const afterName = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1);
    return `${pid} ${afterName?.split(' ')[19]}`;
  } catch {
    return `${pid} -`;
  }
}
