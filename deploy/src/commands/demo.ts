import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { urlOf } from '../apps.ts';
import { livingDaemon } from '../daemon.ts';
import { playerEnvironment } from '../app-environment.ts';
import { publicFolder } from '../party-files.ts';
import { progress } from '../progress.ts';
import { exitCodeOf } from '../run-command.ts';
import type { Stack } from '../stack.ts';
import { CHECKOUT, profileFolder, type Profile } from '../state-folder.ts';
import { bringDown, bringUp, build, stackOf } from '../system.ts';
import { FailedError, UnusableError } from '../unusable-error.ts';
import { printStates } from './up.ts';

/** What `gridpact demo` passes on to the simulator. */
export interface DemoOptions {
  readonly once?: boolean;
  readonly sites?: string;
  readonly speed?: string;
  readonly seed?: string;
  readonly json?: boolean;
  readonly build: boolean;
}

const PROFILE: Profile = 'demo';

/**
 * `gridpact demo`: plays one event in a fresh sandbox of its own, then audits the log and verifies the dossiers in processes
 * of their own. Stays up with its addresses printed; with `--once` leaves nothing running.
 */
export async function demo(options: DemoOptions): Promise<number> {
  if (options.build) await build();
  await startAfresh();
  try {
    const stack = await bringUp({ profile: PROFILE });
    await play(stack, options);
    await verifyAll(stack);
    if (!options.once) await printStates(stack, false);
    return 0;
  } finally {
    if (options.once) await bringDown({ profile: PROFILE });
  }
}

/** Runs another app's command line, such as the verifier's, with its arguments untouched; gives its exit code. */
export async function passOn(app: string, args: readonly string[]): Promise<number> {
  const stack = app === 'verifier' ? undefined : runningStack();
  if (app !== 'verifier' && !stack && !args.some((arg) => ['--url', '--help', '-h'].includes(arg))) {
    throw new UnusableError('Nothing runs here: run `npm run up` first, or say with --url where.');
  }
  const env = { ...process.env, ...(stack ? playerEnvironment(stack) : {}) };
  return exitCodeOf(process.execPath, [appFile(app), ...args], { env });
}

/** What people talk to: the system that runs, the main one first; undefined when none does. */
function runningStack(): Stack | undefined {
  const running = (['main', PROFILE] as const).find((profile) => livingDaemon(profileFolder(profile), 'mobile-api'));
  return running && stackOf(running);
}

/** Each demo plays in a log of its own, so that the same seed pays the same fen every time. */
async function startAfresh(): Promise<void> {
  await bringDown({ profile: PROFILE });
  rmSync(profileFolder(PROFILE), { recursive: true, force: true });
}

async function play(stack: Stack, options: DemoOptions): Promise<void> {
  const env = { ...process.env, ...playerEnvironment(stack) };
  const code = await exitCodeOf(process.execPath, [appFile('simulator'), 'demo', ...demoArguments(options)], { env });
  if (code !== 0) throw new FailedError(`The event could not be played to its end (exit code ${code}).`);
}

/** The log read whole, each dossier with the network off, and a dossier with one changed byte, which must be refused. */
async function verifyAll(stack: Stack): Promise<void> {
  const log = `${urlOf(stack.ports.base, 'ledger')}/log`;
  const policy = join(publicFolder(stack), 'policy');
  await expectCode('the log is audited', 0, verifier('log', log, '--policy', policy));
  const offline = await withoutNetwork();
  for (const { path } of dossiersOf(stack)) {
    await expectCode(`${path} is verified offline`, 0, [...offline, ...verifier('dossier', path)]);
  }
  const [first] = dossiersOf(stack);
  if (!first) throw new FailedError('The event left no dossier.');
  await expectCode('one flipped byte is found', 1, [...offline, ...verifier('dossier', flipped(first.path))]);
}

async function expectCode(what: string, expected: number, [command = '', ...args]: readonly string[]): Promise<void> {
  await progress.step(what, async () => {
    const code = await exitCodeOf(command, args, { stdout: 'stderr' });
    if (code !== expected) throw new FailedError(`Not so: ${what} (exit code ${code}, expected ${expected}).`);
  });
}

function verifier(...args: string[]): string[] {
  return [process.execPath, appFile('verifier'), ...args];
}

/** A namespace without network where the machine lets us make one; else the verifier runs as it is. */
async function withoutNetwork(): Promise<readonly string[]> {
  const cut = ['unshare', '--net', '--map-root-user'];
  const works = await exitCodeOf('unshare', ['--net', '--map-root-user', 'true'], { stdout: 'ignore' }).catch(() => 1);
  if (works !== 0)
    progress.say('this machine cannot cut the network for one process; the verifier runs without need of it');
  return works === 0 ? cut : [];
}

function dossiersOf(stack: Stack): readonly { readonly path: string }[] {
  const file = join(stack.stateDir, 'demo', 'outcome.json');
  return (JSON.parse(readFileSync(file, 'utf8')) as { dossiers: { path: string }[] }).dossiers;
}

function flipped(path: string): string {
  const bytes = readFileSync(path);
  const middle = Math.floor(bytes.length / 2);
  bytes[middle] = (bytes[middle] ?? 0) ^ 1;
  writeFileSync(`${path}.flipped`, bytes);
  return `${path}.flipped`;
}

function demoArguments(options: DemoOptions): string[] {
  const valued = (['sites', 'speed', 'seed'] as const).flatMap((name) => {
    const value = options[name];
    return value === undefined ? [] : [`--${name}`, value];
  });
  return [...valued, ...(options.json ? ['--json'] : [])];
}

function appFile(app: string): string {
  const file = join(CHECKOUT, 'apps', app, 'dist', 'main.js');
  if (existsSync(file)) return file;
  throw new UnusableError(`apps/${app} is not built: run \`npm run up\` first.`);
}
