import { createHash } from 'node:crypto';
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findProcess, identify, isAlive, type ProcessIdentity } from './process-identity.ts';
import { lastLines } from './run-command.ts';
import { readJson, writeWhole } from './state-folder.ts';
import { FailedError } from './unusable-error.ts';

/** A process that stays when the command that started it ends. */
export interface DaemonSpec {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** Text of its command line by which it is known even when its record was lost. */
  readonly recognise: string;
  /** Whatever, when changed, means that a running one is outdated: configuration, code. */
  readonly version: string;
  readonly stopSignal: NodeJS.Signals;
  /** Answers true once it can be used. */
  ready(): Promise<boolean>;
  readonly readyTimeoutMs: number;
}

/** What is remembered of a started daemon. */
export interface DaemonRecord extends ProcessIdentity {
  readonly name: string;
  readonly recognise: string;
  readonly fingerprint: string;
  readonly stopSignal: NodeJS.Signals;
}

const START_ATTEMPTS = 3;
const START_AGAIN_MS = 1000;
const READY_POLL_MS = 100;
const STOP_TIMEOUT_MS = 20_000;
const STOP_POLL_MS = 50;
const LOG_LINES_SHOWN = 15;

/** Makes sure the daemon runs in its present version and is ready; an outdated one is replaced. */
export async function ensureRunning(stateDir: string, spec: DaemonSpec): Promise<'running' | 'started'> {
  const fingerprint = fingerprintOf(spec);
  const known = livingDaemon(stateDir, spec.name) ?? adopt(stateDir, spec);
  if (known?.fingerprint === fingerprint) {
    await waitUntilReady(stateDir, spec, known);
    return 'running';
  }
  if (known) await stopDaemon(stateDir, spec.name);
  await start(stateDir, spec, fingerprint);
  return 'started';
}

/** A daemon that ends at once is tried again: a predecessor that was killed may still hold its lock or port. */
async function start(stateDir: string, spec: DaemonSpec, fingerprint: string, attempt = 1): Promise<void> {
  try {
    await waitUntilReady(stateDir, spec, launch(stateDir, spec, fingerprint));
  } catch (error) {
    if (!(error instanceof EndedError) || attempt === START_ATTEMPTS) throw error;
    await sleep(START_AGAIN_MS);
    await start(stateDir, spec, fingerprint, attempt + 1);
  }
}

/** A daemon ended before it was ready. */
class EndedError extends FailedError {}

/** Stops a daemon by its own signal, by SIGKILL when it does not obey; only one that was started from this folder. */
export async function stopDaemon(stateDir: string, name: string, signal?: NodeJS.Signals): Promise<boolean> {
  const record = livingDaemon(stateDir, name);
  if (record) {
    process.kill(record.pid, signal ?? record.stopSignal);
    await waitForEnd(record);
  }
  rmSync(recordPath(stateDir, name), { force: true });
  return record !== undefined;
}

/** The record of a daemon that lives now. */
export function livingDaemon(stateDir: string, name: string): DaemonRecord | undefined {
  const record = readJson<DaemonRecord>(recordPath(stateDir, name));
  return record && isAlive(record, record.recognise) ? record : undefined;
}

/** All daemons of a profile that live now. */
export function livingDaemons(stateDir: string): DaemonRecord[] {
  const folder = join(stateDir, 'pids');
  mkdirSync(folder, { recursive: true });
  const names = readdirSync(folder).filter((file) => file.endsWith('.json'));
  return names.flatMap((file) => livingDaemon(stateDir, file.slice(0, -'.json'.length)) ?? []);
}

/** Log file of a daemon. */
export function logPath(stateDir: string, name: string): string {
  return join(stateDir, 'logs', `${name}.log`);
}

function launch(stateDir: string, spec: DaemonSpec, fingerprint: string): DaemonRecord {
  mkdirSync(join(stateDir, 'logs'), { recursive: true });
  const log = openSync(logPath(stateDir, spec.name), 'a');
  const child = spawn(spec.command, spec.args, {
    env: spec.env,
    detached: true,
    stdio: ['ignore', log, log],
    cwd: '/',
  });
  closeSync(log);
  child.on('error', () => undefined);
  child.unref();
  const identity = child.pid === undefined ? undefined : identify(child.pid);
  if (!identity) throw new FailedError(`${spec.name} could not be started (${spec.command}).`);
  return remember(stateDir, spec, { ...identity, fingerprint });
}

/** Takes over a daemon whose starter was killed before it wrote the record; its version is unknown, so it is replaced. */
function adopt(stateDir: string, spec: DaemonSpec): DaemonRecord | undefined {
  const found = findProcess(spec.recognise);
  return found && remember(stateDir, spec, { ...found, fingerprint: 'unknown' });
}

function remember(stateDir: string, spec: DaemonSpec, found: ProcessIdentity & { fingerprint: string }): DaemonRecord {
  const { name, recognise, stopSignal } = spec;
  const record = { ...found, name, recognise, stopSignal };
  writeWhole(recordPath(stateDir, name), `${JSON.stringify(record)}\n`);
  return record;
}

/** What answers must be this very daemon: another program on its port would answer too. */
async function waitUntilReady(stateDir: string, spec: DaemonSpec, record: DaemonRecord): Promise<void> {
  const giveUpAt = performance.now() + spec.readyTimeoutMs;
  for (;;) {
    const ready = await spec.ready();
    if (!isAlive(record)) throw notReady(stateDir, spec, true);
    if (ready) return;
    if (performance.now() > giveUpAt) throw notReady(stateDir, spec, false);
    await sleep(READY_POLL_MS);
  }
}

function notReady(stateDir: string, spec: DaemonSpec, dead: boolean): FailedError {
  const log = logPath(stateDir, spec.name);
  const end = `the end of ${log}:\n${lastLines(log, LOG_LINES_SHOWN)}`;
  if (dead) return new EndedError(`${spec.name} ended right after its start; ${end}`);
  return new FailedError(`${spec.name} was not ready after ${spec.readyTimeoutMs / 1000} s; ${end}`);
}

async function waitForEnd(record: DaemonRecord): Promise<void> {
  const killAt = performance.now() + STOP_TIMEOUT_MS;
  let killed = false;
  while (isAlive(record)) {
    if (!killed && performance.now() > killAt) killed = process.kill(record.pid, 'SIGKILL');
    await sleep(STOP_POLL_MS);
  }
}

function fingerprintOf(spec: DaemonSpec): string {
  const { command, args, env, version } = spec;
  return createHash('sha256')
    .update(JSON.stringify([command, args, gridpactVariables(env), version]))
    .digest('hex');
}

/** Only our own variables count: a shell's others change from run to run. */
function gridpactVariables(env: NodeJS.ProcessEnv): [string, string | undefined][] {
  return Object.entries(env)
    .filter(([name]) => name.startsWith('GRIDPACT_') || name.startsWith('OTEL_'))
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

function recordPath(stateDir: string, name: string): string {
  return join(stateDir, 'pids', `${name}.json`);
}
