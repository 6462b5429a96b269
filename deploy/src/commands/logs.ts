import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { logPath } from '../daemon.ts';
import { exitCodeOf, lastLines } from '../run-command.ts';
import { profileFolder, type Profile } from '../state-folder.ts';
import { UnusableError } from '../unusable-error.ts';

/** `gridpact logs NAME`: the end of a log, or what follows with `--follow`. */
export async function logs(
  profile: Profile,
  name: string,
  { lines, follow }: { lines: number; follow: boolean },
): Promise<number> {
  const known = logNames(profile);
  if (!known.includes(name))
    throw new UnusableError(`There is no log named ${name}: choose one of ${known.join(', ') || '(none yet)'}.`);
  const path = logPath(profileFolder(profile), name);
  if (follow) return exitCodeOf('tail', ['-n', String(lines), '-F', path]);
  process.stdout.write(`${lastLines(path, lines)}\n`);
  return 0;
}

function logNames(profile: Profile): string[] {
  try {
    const files = readdirSync(join(profileFolder(profile), 'logs'));
    return files.filter((file) => file.endsWith('.log')).map((file) => file.slice(0, -'.log'.length));
  } catch {
    return [];
  }
}
