import { chownSync, readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { findProgram } from '../run-command.ts';
import { UnusableError } from '../unusable-error.ts';

/** An account of the machine. */
export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** The account under which PostgreSQL runs when we are root, which it refuses; undefined when we are not. */
export function unprivilegedUser(
  passwd = readFileSync('/etc/passwd', 'utf8'),
  uid = process.getuid?.(),
): Account | undefined {
  if (uid !== 0) return undefined;
  const accounts = passwd.split('\n').map((line) => line.split(':'));
  const found = ['postgres', 'nobody'].map((name) => accounts.find((fields) => fields[0] === name)).find(Boolean);
  if (!found)
    throw new UnusableError(
      'PostgreSQL does not run as root: create a user named postgres, then run the command again.',
    );
  return { name: found[0] ?? '', uid: Number(found[2]), gid: Number(found[3]) };
}

/** Makes an account the owner of paths; nothing to do when we are not root. */
export function giveTo(account: Account | undefined, ...paths: string[]): void {
  if (account) for (const path of paths) chownSync(path, account.uid, account.gid);
}

/**
 * A command line that runs a program as the unprivileged account. Where a folder above ours is closed to others (a home
 * folder, a fresh temporary folder), the process keeps one capability, to walk through folders; no folder's mode is changed.
 */
export function asUnprivileged(folder: string, program: string, args: string[]): { command: string; args: string[] } {
  const account = unprivilegedUser();
  if (!account) return { command: program, args };
  const setpriv = findProgram('setpriv');
  if (!setpriv)
    throw new UnusableError('The program setpriv is missing: install util-linux, then run the command again.');
  const walk = isOpen(folder) ? [] : ['--inh-caps', '+dac_read_search', '--ambient-caps', '+dac_read_search'];
  const identity = ['--reuid', String(account.uid), '--regid', String(account.gid), '--clear-groups'];
  return { command: setpriv, args: [...identity, ...walk, program, ...args] };
}

const OTHERS_MAY_WALK = 0o001;

function isOpen(folder: string): boolean {
  const parent = dirname(folder);
  return parent === folder || ((statSync(parent).mode & OTHERS_MAY_WALK) !== 0 && isOpen(parent));
}
