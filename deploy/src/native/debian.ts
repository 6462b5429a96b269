import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { exitCodeOf, findProgram, run } from '../run-command.ts';
import { cacheFolder } from '../state-folder.ts';
import { UnusableError } from '../unusable-error.ts';

/** A program of the machine or of an unpacked Debian package, with what its environment needs. */
export interface Program {
  readonly path: string;
  readonly env: NodeJS.ProcessEnv;
}

/**
 * Finds a program on the machine, else unpacks its Debian package and the libraries that are missing into the cache.
 * Nothing is installed: the machine gets no new daemon, and no right of root is needed where apt's lists are filled.
 */
export async function findOrUnpack(program: string, debianPackage: string): Promise<Program> {
  const installed = findProgram(program);
  if (installed) return { path: installed, env: {} };
  const root = join(cacheFolder(), 'debian', debianPackage);
  if (!existsSync(root)) await unpack(program, debianPackage, root);
  const path = findProgram(program, [join(root, 'usr/sbin'), join(root, 'usr/bin')]);
  if (!path) throw missing(program, debianPackage);
  return { path, env: { LD_LIBRARY_PATH: libraryFolders(root).join(':') } };
}

/** Installs packages that hold no daemon, as root on Debian; false where that is not possible. */
export async function installAsRoot(log: string, ...packages: string[]): Promise<boolean> {
  if (process.getuid?.() !== 0 || !findProgram('apt-get')) return false;
  const install = ['install', '-y', '--no-install-recommends', ...packages];
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  if ((await exitCodeOf('apt-get', install, { log, env })) === 0) return true;
  await exitCodeOf('apt-get', ['update'], { log, env });
  return (await exitCodeOf('apt-get', install, { log, env })) === 0;
}

async function unpack(program: string, debianPackage: string, root: string): Promise<void> {
  if (!findProgram('apt-get') || !findProgram('dpkg')) throw missing(program, debianPackage);
  const draft = `${root}.${process.pid}.draft`;
  const archives = join(draft, 'archives');
  mkdirSync(join(archives, 'partial'), { recursive: true });
  if (!(await download(debianPackage, archives, `${root}.log`))) throw missing(program, debianPackage);
  for (const file of readdirSync(archives).filter((name) => name.endsWith('.deb'))) {
    await run('dpkg', ['-x', join(archives, file), draft], { log: `${root}.log` });
  }
  rmSync(archives, { recursive: true });
  takePlace(draft, root);
}

async function download(debianPackage: string, archives: string, log: string): Promise<boolean> {
  const options = [
    '-o',
    'Debug::NoLocking=1',
    '-o',
    `Dir::Cache::archives=${archives}/`,
    '-o',
    'APT::Sandbox::User=root',
  ];
  const args = ['install', '-y', '--no-install-recommends', '--download-only', ...options, debianPackage];
  const fetched = async () =>
    (await exitCodeOf('apt-get', args, { log })) === 0 && readdirSync(archives).some((name) => name.endsWith('.deb'));
  if (await fetched()) return true;
  await exitCodeOf('apt-get', ['update'], { log });
  return fetched();
}

/** Moves a finished folder to its place, unless another run was faster. */
export function takePlace(draft: string, place: string): void {
  mkdirSync(dirname(place), { recursive: true });
  if (existsSync(place)) rmSync(draft, { recursive: true });
  else renameSync(draft, place);
}

function libraryFolders(root: string): string[] {
  const lib = join(root, 'usr/lib');
  const triplets = existsSync(lib) ? readdirSync(lib).filter((name) => name.includes('-linux-')) : [];
  return triplets.map((name) => join(lib, name));
}

function missing(program: string, debianPackage: string): UnusableError {
  return new UnusableError(
    `${program} is missing: install it (on Debian \`apt-get install ${debianPackage}\`) or start a container engine, then run the command again.`,
  );
}
