import { readFileSync, readdirSync } from 'node:fs';

/** One process of this boot, told apart from a later one with the same number. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Start time in clock ticks since boot, field 22 of /proc/<pid>/stat. */
  readonly startTicks: string;
  readonly bootId: string;
}

const STATE_FIELD = 0;
const PARENT_FIELD = 1;
const START_TICKS_FIELD = 19;

/** The identity of a living process; undefined when it is gone or only waits to be reaped. */
export function identify(pid: number): ProcessIdentity | undefined {
  const fields = statFields(pid);
  const startTicks = fields?.[START_TICKS_FIELD];
  if (!startTicks || fields?.[STATE_FIELD] === 'Z') return undefined;
  return { pid, startTicks, bootId: bootId() };
}

/** Whether that very process still lives: same number, same start, same boot, and its command line names `recognise`. */
export function isAlive(identity: ProcessIdentity, recognise = ''): boolean {
  const now = identify(identity.pid);
  if (now?.startTicks !== identity.startTicks || now.bootId !== identity.bootId) return false;
  return commandLine(identity.pid).includes(recognise);
}

/** Finds a process whose command line names `recognise` and whose parent's does not, such as one whose record was lost. */
export function findProcess(recognise: string): ProcessIdentity | undefined {
  const matches = readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid)
    .map(Number)
    .filter((pid) => commandLine(pid).includes(recognise));
  const eldest = matches.find((pid) => !matches.includes(Number(statFields(pid)?.[PARENT_FIELD])));
  return eldest === undefined ? undefined : identify(eldest);
}

function commandLine(pid: number): string {
  return readProc(`/proc/${pid}/cmdline`).replaceAll('\0', ' ');
}

/** Fields of /proc/<pid>/stat from the state on; the name before them may hold spaces and brackets. */
function statFields(pid: number): string[] | undefined {
  const stat = readProc(`/proc/${pid}/stat`);
  return stat === '' ? undefined : stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

function bootId(): string {
  return readProc('/proc/sys/kernel/random/boot_id').trim();
}

function readProc(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
