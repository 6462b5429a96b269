import { mkdirSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { allSettled } from './all-settled.ts';
import { ensureRunning, livingDaemon, livingDaemons, stopDaemon, type DaemonSpec } from './daemon.ts';
import { ensureDatabase } from './database-roles.ts';
import { composeDown, composeUp, engineAnswers } from './engine/compose.ts';
import { dropLease, exclusively, takeLease } from './folder-lock.ts';
import { kafkaDaemon } from './native/kafka.ts';
import { mosquittoDaemon } from './native/mosquitto.ts';
import { postgresDaemon } from './native/postgres.ts';
import { redisDaemon } from './native/redis.ts';
import { choosePortBase, isFree, rememberBase, rememberedBase } from './ports.ts';
import { progress } from './progress.ts';
import { describeStack, type Stack } from './stack.ts';
import { profileFolder, readJson, writeWhole, type Profile } from './state-folder.ts';
import { explained, UnusableError } from './unusable-error.ts';

/** What is to be provisioned and for how long. */
export interface ProvisionOptions {
  readonly profile: Profile;
  /** `kept` stays until `release`; a `leased` stack is stopped when the last process that leased it released it or died. */
  readonly hold?: 'kept' | 'leased';
}

/** The four services, in the order in which they are listed. */
export const SERVERS = ['kafka', 'postgres', 'redis', 'mosquitto'] as const;
export type Server = (typeof SERVERS)[number];

const DAEMONS: Readonly<Record<Server, (stack: Stack) => Promise<DaemonSpec>>> = {
  kafka: kafkaDaemon,
  postgres: postgresDaemon,
  redis: redisDaemon,
  mosquitto: mosquittoDaemon,
};

const LEAST_FREE_BYTES = 1_000_000_000;

/**
 * Makes sure that Kafka, PostgreSQL, Redis and Mosquitto of a profile run with users and rights, and gives their addresses.
 * Does nothing where they already do. Throws UnusableError with a sentence for people where the machine does not allow it.
 */
export async function provision({ profile, hold = 'kept' }: ProvisionOptions): Promise<Stack> {
  const stateDir = profileFolder(profile);
  try {
    mkdirSync(stateDir, { recursive: true });
    return await exclusively(stateDir, () => provisionLocked(profile, hold));
  } catch (error) {
    throw explained(error, stateDir);
  }
}

/** Gives the stack back; stops the services that were started from here unless somebody else still uses them. */
export async function release({ profile, hold = 'kept' }: ProvisionOptions): Promise<void> {
  const stateDir = profileFolder(profile);
  await exclusively(stateDir, async () => {
    const { inUse } = dropLease(stateDir);
    if (hold === 'leased' && inUse) return;
    const stack = knownStack(profile);
    if (stack?.engine === 'compose') await composeDown(stack);
    await allSettled(SERVERS.map((server) => stopDaemon(stateDir, server)));
  });
}

/** Starts one service again, such as one that a fault test killed; native services only. */
export async function restartServer(stack: Stack, server: Server, signal?: NodeJS.Signals): Promise<void> {
  await stopDaemon(stack.stateDir, server, signal);
  await ensureRunning(stack.stateDir, await DAEMONS[server](stack));
}

/** The stack as it was provisioned last; undefined before the first time. */
export function knownStack(profile: Profile): Stack | undefined {
  return readJson<Stack>(join(profileFolder(profile), 'stack.json'));
}

async function provisionLocked(profile: Profile, hold: ProvisionOptions['hold']): Promise<Stack> {
  requireFreeDisk(profileFolder(profile));
  const engine = knownStack(profile)?.engine ?? ((await engineAnswers()) ? 'compose' : 'native');
  if (engine === 'native') requireLinux();
  const stack = describeStack(profile, await portBase(profile), engine);
  writeWhole(join(stack.stateDir, 'stack.json'), `${JSON.stringify(stack)}\n`);
  if (hold === 'leased') takeLease(stack.stateDir);
  if (engine === 'compose')
    await progress.step('kafka, postgres, redis, mosquitto in containers', () => composeUp(stack));
  else await allSettled(SERVERS.map((server) => startServer(stack, server)));
  await progress.step('database roles and schemas', () => ensureDatabase(stack));
  return stack;
}

async function startServer(stack: Stack, server: Server): Promise<void> {
  const started = performance.now();
  const outcome = await ensureRunning(stack.stateDir, await DAEMONS[server](stack));
  if (outcome === 'running') return;
  const tookSeconds = ((performance.now() - started) / 1000).toFixed(1);
  progress.say(`${server} on port ${portOf(stack, server)} (${tookSeconds} s)`);
}

/** The port on which a service of the stack answers. */
export function portOf(stack: Stack, server: Server): number {
  return server === 'mosquitto' ? stack.ports.mqtt : stack.ports[server];
}

async function portBase(profile: Profile): Promise<number> {
  const stateDir = profileFolder(profile);
  const choice = await choosePortBase(profile, {
    fixed: process.env['GRIDPACT_PORT_BASE'],
    remembered: rememberedBase(profile),
    ownRunning: livingDaemons(stateDir).length > 0,
    isFree: (port) => isFree(port),
  });
  if (choice.insteadOf) {
    progress.say(`ports from ${choice.insteadOf} on are taken by another program; using those from ${choice.base} on`);
  }
  rememberBase(profile, choice.base);
  return choice.base;
}

/** Which services of a profile live. */
export function serverStates(profile: Profile): { name: Server; pid: number | undefined }[] {
  return SERVERS.map((name) => ({ name, pid: livingDaemon(profileFolder(profile), name)?.pid }));
}

function requireFreeDisk(folder: string): void {
  const { bavail, bsize } = statfsSync(folder);
  if (bavail * bsize >= LEAST_FREE_BYTES) return;
  throw new UnusableError(`Less than 1 GB is free under ${folder}: free some space and run the command again.`);
}

function requireLinux(): void {
  if (process.platform === 'linux') return;
  throw new UnusableError(
    `On ${process.platform} Gridpact needs a container engine: start Docker, then run the command again.`,
  );
}
