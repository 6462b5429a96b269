import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { playerEnvironment } from './app-environment.ts';
import { publicFolder } from './party-files.ts';
import { APPS, builtApps } from './apps.ts';
import { contractTopics, ensureTopics } from './kafka-rights.ts';
import { progress } from './progress.ts';
import { knownStack, provision, release, type ProvisionOptions } from './provision.ts';
import { exitCodeOf, run } from './run-command.ts';
import { migrateApps, startApps, stopApps } from './running-apps.ts';
import type { Stack } from './stack.ts';
import { CHECKOUT, profileFolder, type Profile } from './state-folder.ts';

const GENESIS = join(CHECKOUT, 'apps', 'simulator', 'dist', 'genesis.js');

/** Builds every package; only what changed since the last time is compiled. */
export function build(): Promise<void> {
  return progress.step('build', () => runNx(['run-many', '-t', 'build'], profileFolder('main')));
}

/** Runs Nx quietly without its daemon; on failure the error ends with what it printed. */
export async function runNx(args: readonly string[], stateDir: string): Promise<void> {
  await run(NX, [...args, '--outputStyle=static'], {
    cwd: CHECKOUT,
    env: nxEnvironment(),
    log: join(stateDir, 'logs', 'nx.log'),
  });
}

/** Runs Nx with its output shown; gives its exit code. */
export function showNx(args: readonly string[]): Promise<number> {
  return exitCodeOf(NX, [...args, '--outputStyle=static'], { cwd: CHECKOUT, env: nxEnvironment() });
}

/** Everything from services to ready apps, as the build left them; can be repeated at any time. */
export async function bringUp({ profile, hold = 'kept' }: ProvisionOptions): Promise<Stack> {
  const stack = await provision({ profile, hold });
  await progress.step('topics and rights', async () => ensureTopics(stack, await contractTopics()));
  await progress.step('migrations', () => migrateApps(stack));
  await progress.step(`${builtApps().length} of ${APPS.length} applications ready`, () => startApps(stack));
  await openLog(stack);
  return stack;
}

/** Stops the apps and the services of a profile, those that were started from this checkout only. */
export async function bringDown({ profile, hold = 'kept' }: ProvisionOptions): Promise<string[]> {
  const stopped = await stopApps(profileFolder(profile));
  await release({ profile, hold });
  return stopped;
}

/** The parties make their keys and sign the log's first statement, once. */
async function openLog(stack: Stack): Promise<void> {
  if (existsSync(join(publicFolder(stack), 'genesis.json')) || !existsSync(GENESIS)) return;
  const env = { ...process.env, ...playerEnvironment(stack) };
  const log = join(stack.stateDir, 'logs', 'genesis.log');
  await progress.step('genesis of the log', () => run(process.execPath, [GENESIS], { env, log }));
}

/** The stack of a profile that is up; undefined when it was never provisioned. */
export function stackOf(profile: Profile): Stack | undefined {
  return knownStack(profile);
}

const NX = join(CHECKOUT, 'node_modules', '.bin', 'nx');

function nxEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, NX_DAEMON: 'false', NX_TUI: 'false', NX_NO_CLOUD: 'true' };
}
