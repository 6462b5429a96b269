import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { CHECKOUT, playerEnvironment, type Stack } from '@gridpact/deploy';

/** How a command ended, and what it said. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the simulator to its end, in a process of its own that knows what players know; `heard` gets what it reports. */
export function simulator(stack: Stack, args: readonly string[], heard?: (text: string) => void): Promise<Ended> {
  const env = { ...process.env, ...playerEnvironment(stack) };
  return ended([process.execPath, mainOf('simulator'), ...args], env, heard);
}

/** Runs the verifier to its end; with `offline` in a namespace without network where the machine allows it. */
export function verifier(args: readonly string[], { offline = false } = {}): Promise<Ended> {
  return ended([...(offline ? withoutNetwork() : []), process.execPath, mainOf('verifier'), ...args], process.env);
}

function withoutNetwork(): readonly string[] {
  const cut = ['unshare', '--net', '--map-root-user'];
  return spawnSync('unshare', [...cut.slice(1), 'true']).status === 0 ? cut : [];
}

function ended(
  [program = '', ...args]: readonly string[],
  env: NodeJS.ProcessEnv,
  heard: (text: string) => void = () => undefined,
): Promise<Ended> {
  const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    heard(text);
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code: code ?? -1, stdout, stderr }));
  });
}

function mainOf(app: string): string {
  return join(CHECKOUT, 'apps', app, 'dist', 'main.js');
}
