import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { allSettled } from './all-settled.ts';
import { appEnvironment, migrationEnvironment } from './app-environment.ts';
import { partyFolder, publishWitnesses, serviceFolder, writeClients } from './party-files.ts';
import { APPS, appUrl, builtApps, entryFile, migrationFile, type App } from './apps.ts';
import { ensureRunning, stopDaemon, type DaemonSpec } from './daemon.ts';
import { run } from './run-command.ts';
import type { Stack } from './stack.ts';
import { CHECKOUT } from './state-folder.ts';

const READY_TIMEOUT_MS = 60_000;
const PROBE_TIMEOUT_MS = 2000;
const TELEMETRY = join(CHECKOUT, 'libs', 'platform', 'dist', 'telemetry', 'register.js');
const KEEP_FROM_SHELL = ['PATH', 'HOME', 'LANG', 'TZ', 'TMPDIR', 'NODE_EXTRA_CA_CERTS'];

/** Brings every app's schema up to date, one after the other; gives the names of those that have migrations. */
export async function migrateApps(stack: Stack): Promise<string[]> {
  const migrated: string[] = [];
  for (const app of APPS) {
    const file = app.kind === 'service' ? migrationFile(app) : undefined;
    if (app.kind !== 'service' || !file) continue;
    const env = { ...shellVariables(), ...migrationEnvironment(stack, app) };
    await run(process.execPath, [file], { env, log: join(stack.stateDir, 'logs', `${app.name}-migrate.log`) });
    migrated.push(app.name);
  }
  return migrated;
}

/**
 * Starts the apps that are built, the parties' own first, since the ledger needs the witnesses' keys; those that run in
 * their present version stay. Gives the names of those it started.
 */
export async function startApps(stack: Stack): Promise<string[]> {
  const built = builtApps();
  writeClients(stack);
  const ofParties = await startAll(
    stack,
    built.filter(({ kind }) => kind !== 'service'),
  );
  if (built.some(({ kind }) => kind === 'witness')) publishWitnesses(stack);
  return [
    ...ofParties,
    ...(await startAll(
      stack,
      built.filter(({ kind }) => kind === 'service'),
    )),
  ];
}

async function startAll(stack: Stack, apps: readonly App[]): Promise<string[]> {
  const outcomes = await allSettled(apps.map(async (app) => ({ app, outcome: await startApp(stack, app) })));
  return outcomes.filter(({ outcome }) => outcome === 'started').map(({ app }) => app.name);
}

/** Starts one app and waits until it is ready. */
export function startApp(stack: Stack, app: App): Promise<'running' | 'started'> {
  mkdirSync(app.kind === 'service' ? serviceFolder(stack, app.name) : partyFolder(stack, app.party), {
    recursive: true,
  });
  return ensureRunning(stack.stateDir, appDaemon(stack, app));
}

/** Stops one app; with SIGKILL it dies as in a power cut. */
export function stopApp(stack: Stack, name: string, signal?: NodeJS.Signals): Promise<boolean> {
  return stopDaemon(stack.stateDir, name, signal);
}

/** Stops all apps: those that take work in first, those that others need last. */
export async function stopApps(stateDir: string): Promise<string[]> {
  const stopped: string[] = [];
  for (const kind of ['service', 'signer', 'witness']) {
    const apps = APPS.filter((app) => app.kind === kind);
    const outcomes = await allSettled(apps.map(async ({ name }) => ((await stopDaemon(stateDir, name)) ? [name] : [])));
    stopped.push(...outcomes.flat());
  }
  return stopped;
}

/** Whether an app says that it is ready. */
export async function isReady(base: number, app: App): Promise<boolean> {
  const signal = AbortSignal.timeout(PROBE_TIMEOUT_MS);
  return fetch(`${appUrl(base, app)}/health/ready`, { signal })
    .then(async (response) => {
      await response.body?.cancel();
      return response.ok;
    })
    .catch(() => false);
}

function appDaemon(stack: Stack, app: App): DaemonSpec {
  const telemetry = app.kind === 'service' && existsSync(TELEMETRY) ? ['--import', TELEMETRY] : [];
  return {
    name: app.name,
    command: process.execPath,
    args: [
      '--enable-source-maps',
      '--disable-warning=TimeoutNegativeWarning',
      ...telemetry,
      entryFile(app),
      `--gridpact=${stack.stateDir}:${app.name}`,
    ],
    env: { ...shellVariables(), ...appEnvironment(stack, app) },
    recognise: `--gridpact=${stack.stateDir}:${app.name}`,
    version: codeVersion(app),
    stopSignal: 'SIGTERM',
    ready: () => isReady(stack.ports.base, app),
    readyTimeoutMs: READY_TIMEOUT_MS,
  };
}

/** Changes whenever a build changed the app or a library. */
function codeVersion(app: App): string {
  const builds = globSync(
    ['libs/*/dist/.tsbuildinfo', 'libs/domain/*/dist/.tsbuildinfo', `apps/${app.app}/dist/.tsbuildinfo`],
    {
      cwd: CHECKOUT,
    },
  );
  const hash = createHash('sha256');
  for (const build of builds.sort()) hash.update(readFileSync(join(CHECKOUT, build)));
  return hash.digest('hex');
}

function shellVariables(): NodeJS.ProcessEnv {
  return Object.fromEntries(KEEP_FROM_SHELL.map((name) => [name, process.env[name]]));
}
