import { createHmac, randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Folder of the checkout that this file belongs to. */
export const CHECKOUT = join(import.meta.dirname, '..', '..');

/** A set of services and applications with state and ports of its own: `main` for people, `demo` for the played event. */
export type Profile = (typeof PROFILES)[number];
export const PROFILES = ['main', 'demo', 'test', 'e2e'] as const;

/** The only folder that Gridpact writes outside `node_modules`, `dist` and `.nx`; ignored by git. */
export function stateRoot(): string {
  return join(CHECKOUT, '.gridpact');
}

/** State of one profile. */
export function profileFolder(profile: Profile): string {
  return join(stateRoot(), profile);
}

/** Jars and packages that are the same for every checkout; shared by setting GRIDPACT_CACHE_DIR. */
export function cacheFolder(): string {
  return process.env['GRIDPACT_CACHE_DIR'] ?? join(stateRoot(), 'cache');
}

const OWNER_ONLY = 0o600;

/** Writes a file that only its owner reads, all of it or nothing: a new file takes the old one's place. */
export function writeWhole(path: string, text: string, mode = OWNER_ONLY): void {
  mkdirSync(dirname(path), { recursive: true });
  const draft = `${path}.${process.pid}.draft`;
  writeFileSync(draft, text, { mode });
  chmodSync(draft, mode);
  renameSync(draft, path);
}

/** Reads JSON that this package wrote; undefined when it is missing or was cut short. */
export function readJson<T>(path: string): T | undefined {
  if (!existsSync(path)) return undefined;
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as T;
  } catch {
    return undefined;
  }
}

const SECRET_BYTES = 32;

/** The secret of a profile from which all its passwords are derived, made once. */
export function profileSecret(stateDir: string): string {
  const path = join(stateDir, 'secret');
  if (!existsSync(path)) writeWhole(path, randomBytes(SECRET_BYTES).toString('hex'));
  return readFileSync(path, 'utf8').trim();
}

/** The password of one user of one system; the same on every run, and no user can derive another's. */
export function passwordOf(secret: string, system: string, user: string): string {
  return createHmac('sha256', secret).update(`${system}/${user}`).digest('base64url');
}
