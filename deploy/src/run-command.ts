import { spawn } from 'node:child_process';
import { accessSync, closeSync, constants, mkdirSync, openSync, readFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { FailedError } from './unusable-error.ts';

/** How one command is run to its end. */
export interface RunOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** File that takes all output; without it the output is ours. */
  readonly log?: string;
  /** Where standard output goes when there is no log: ours, our standard error (results of ours stay alone), nowhere. */
  readonly stdout?: 'inherit' | 'stderr' | 'ignore';
}

const LAST_LINES = 40;

/** Runs a command to its end; throws FailedError with its last lines when it does not end with 0. */
export async function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<void> {
  const code = await exitCodeOf(command, args, options);
  if (code === 0) return;
  const tail = options.log ? `\n${lastLines(options.log)}` : '';
  throw new FailedError(`${command} ${args.slice(0, 3).join(' ')} ended with ${code}.${tail}`);
}

/** Runs a command to its end and gives its exit code; a command that cannot be started gives 127. */
export function exitCodeOf(command: string, args: readonly string[], options: RunOptions = {}): Promise<number> {
  const output = options.log ? openLog(options.log) : 'inherit';
  const stdout = typeof output === 'number' ? output : options.stdout === 'stderr' ? 2 : (options.stdout ?? output);
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: options.env ?? process.env,
    stdio: [options.log ? 'ignore' : 'inherit', stdout, output],
  });
  if (typeof output === 'number') closeSync(output);
  return new Promise((resolve) => {
    child.once('error', () => resolve(127));
    child.once('exit', (code, signal) => resolve(code ?? (signal === 'SIGINT' ? 130 : 143)));
  });
}

function openLog(path: string): number {
  mkdirSync(dirname(path), { recursive: true });
  return openSync(path, 'w');
}

/** The end of a log file, for a message about what went wrong. */
export function lastLines(path: string, count = LAST_LINES): string {
  try {
    return readFileSync(path, 'utf8').trimEnd().split('\n').slice(-count).join('\n');
  } catch {
    return '';
  }
}

/** Path of a program in PATH or one of the given folders; undefined when there is none. */
export function findProgram(name: string, folders: readonly string[] = []): string | undefined {
  const path = (process.env['PATH'] ?? '').split(delimiter);
  return [...folders, ...path, '/usr/sbin', '/sbin'].map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
