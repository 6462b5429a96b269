import { isReady } from '../running-apps.ts';
import { APPS, appUrl, builtApps } from '../apps.ts';
import { profileFolder, type Profile } from '../state-folder.ts';
import { livingDaemon } from '../daemon.ts';
import { portOf, serverStates } from '../provision.ts';
import { bringDown, bringUp, build, stackOf } from '../system.ts';
import type { Stack } from '../stack.ts';

/** One process of a profile as `status` shows it. */
export interface ProcessState {
  readonly name: string;
  readonly state: 'ready' | 'starting' | 'stopped' | 'not built';
  readonly pid?: number;
  readonly url: string;
}

/** `gridpact up`: builds, provisions, migrates and starts everything. */
export async function up({ build: wanted = true, json = false } = {}): Promise<void> {
  if (wanted) await build();
  const stack = await bringUp({ profile: 'main' });
  await printStates(stack, json);
}

/** `gridpact down`: stops what was started from this checkout. */
export async function down(): Promise<void> {
  const stopped = [...(await bringDown({ profile: 'main' })), ...(await bringDown({ profile: 'demo' }))];
  process.stderr.write(`gridpact: stopped ${stopped.length} applications and the services\n`);
}

/** `gridpact status`: what runs; exit code 1 when something that is built does not. */
export async function status(profile: Profile, json: boolean): Promise<number> {
  const stack = stackOf(profile);
  if (!stack) {
    process.stdout.write(json ? '[]\n' : 'Nothing was started yet: run `npm run up`.\n');
    return 1;
  }
  const states = await printStates(stack, json);
  return states.every(({ state }) => state === 'ready' || state === 'not built') ? 0 : 1;
}

/** Prints what runs of a stack, as a table or as JSON. */
export async function printStates(stack: Stack, json: boolean): Promise<ProcessState[]> {
  const states = [...serversOf(stack), ...(await Promise.all(APPS.map((app) => appState(stack, app))))];
  process.stdout.write(json ? `${JSON.stringify(states, undefined, 2)}\n` : table(states));
  return states;
}

function serversOf(stack: Stack): ProcessState[] {
  return serverStates(stack.profile).map(({ name, pid }) => ({
    name,
    state: pid === undefined && stack.engine === 'native' ? 'stopped' : 'ready',
    ...(pid === undefined ? {} : { pid }),
    url: `127.0.0.1:${portOf(stack, name)}`,
  }));
}

async function appState(stack: Stack, app: (typeof APPS)[number]): Promise<ProcessState> {
  const url = appUrl(stack.ports.base, app);
  const running = livingDaemon(profileFolder(stack.profile), app.name);
  if (running) {
    const state = (await isReady(stack.ports.base, app)) ? 'ready' : 'starting';
    return { name: app.name, state, pid: running.pid, url };
  }
  return { name: app.name, state: builtApps().includes(app) ? 'stopped' : 'not built', url };
}

function table(states: readonly ProcessState[]): string {
  const width = Math.max(...states.map(({ name }) => name.length));
  const row = ({ name, state, pid, url }: ProcessState) =>
    `${name.padEnd(width)}  ${state.padEnd(9)}  ${String(pid ?? '-').padStart(7)}  ${url}\n`;
  return states.map(row).join('');
}
