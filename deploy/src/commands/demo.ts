import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { playerEnvironment } from '../app-environment.ts';
import { exitCodeOf } from '../run-command.ts';
import { CHECKOUT, type Profile } from '../state-folder.ts';
import { bringDown, bringUp, build, stackOf } from '../system.ts';
import { UnusableError } from '../unusable-error.ts';

/** What `gridpact demo` passes on to the simulator. */
export interface DemoOptions {
  readonly once?: boolean;
  readonly sites?: string;
  readonly speed?: string;
  readonly seed?: string;
  readonly json?: boolean;
  readonly build: boolean;
}

/** `gridpact demo`: brings everything up and plays one event; with `--once` leaves nothing running. */
export async function demo(options: DemoOptions): Promise<number> {
  if (options.build) await build();
  try {
    const stack = await bringUp({ profile: 'main' });
    const env = { ...process.env, ...playerEnvironment(stack) };
    return await exitCodeOf(process.execPath, [appFile('simulator'), 'demo', ...demoArguments(options)], { env });
  } finally {
    if (options.once) await bringDown({ profile: 'main' });
  }
}

/** Runs another app's command line, such as the verifier's, with its arguments untouched; gives its exit code. */
export async function passOn(app: string, args: readonly string[], profile: Profile = 'main'): Promise<number> {
  const stack = app === 'verifier' ? undefined : stackOf(profile);
  const env = { ...process.env, ...(stack ? playerEnvironment(stack) : {}) };
  return exitCodeOf(process.execPath, [appFile(app), ...args], { env });
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
