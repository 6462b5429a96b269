import { createServer } from 'node:net';
import { join } from 'node:path';
import { readJson, stateRoot, writeWhole, type Profile } from './state-folder.ts';
import { UnusableError } from './unusable-error.ts';

/** What each process adds to the port base of its profile. */
export const PORT_OFFSETS = { kafka: 31, kafkaController: 32, postgres: 33, redis: 34, mqtt: 35 } as const;

const DEFAULT_BASE = 7400;
const BLOCK = 100;
const PROFILE_OFFSET: Readonly<Record<Profile, number>> = { main: 0, test: BLOCK, e2e: 2 * BLOCK, demo: 3 * BLOCK };
const PROFILES = Object.keys(PROFILE_OFFSET).length;
const OFFSETS_USED = [1, 2, 3, 4, 5, 6, 7, 11, 12, 13, 21, 22, 23, 24, 25, 31, 32, 33, 34, 35];
const HIGHEST_BASE = 65_000;

/** What the choice of a port block depends on; a test gives its own. */
export interface PortMarket {
  /** GRIDPACT_PORT_BASE as the user set it. */
  readonly fixed?: string | undefined;
  /** The base this profile used last. */
  readonly remembered?: number | undefined;
  /** Whether the profile's own processes run on the remembered base. */
  readonly ownRunning: boolean;
  isFree(port: number): Promise<boolean>;
}

/** A chosen base, and the one that was wanted when it was taken by somebody else. */
export interface PortChoice {
  readonly base: number;
  readonly insteadOf?: number;
}

/** Chooses the port block of a profile: the user's own, the remembered one, or the next that is free. */
export async function choosePortBase(profile: Profile, market: PortMarket): Promise<PortChoice> {
  if (market.fixed !== undefined && market.fixed !== '') return fixedBase(profile, market.fixed, market);
  if (market.remembered !== undefined && market.ownRunning) return { base: market.remembered };
  const wanted = market.remembered ?? DEFAULT_BASE + PROFILE_OFFSET[profile];
  for (let base = wanted; base <= HIGHEST_BASE; base += BLOCK * PROFILES) {
    if ((await firstTaken(base, market)) !== undefined) continue;
    return base === wanted ? { base } : { base, insteadOf: wanted };
  }
  throw new UnusableError('No block of 100 free ports was found: set GRIDPACT_PORT_BASE to a free one.');
}

async function fixedBase(profile: Profile, fixed: string, market: PortMarket): Promise<PortChoice> {
  const asked = Number(fixed);
  if (!Number.isInteger(asked) || asked < 1024 || asked > HIGHEST_BASE) {
    throw new UnusableError(`GRIDPACT_PORT_BASE is '${fixed}': set it to a whole number from 1024 to ${HIGHEST_BASE}.`);
  }
  const base = asked + PROFILE_OFFSET[profile];
  if (market.ownRunning && market.remembered === base) return { base };
  if (market.ownRunning) {
    throw new UnusableError(
      `Gridpact runs on port base ${market.remembered}: run \`npm run down\` before changing it.`,
    );
  }
  const taken = await firstTaken(base, market);
  if (taken === undefined) return { base };
  throw new UnusableError(
    `Port ${taken} is taken by another program: set GRIDPACT_PORT_BASE to another number or unset it.`,
  );
}

async function firstTaken(base: number, market: PortMarket): Promise<number | undefined> {
  for (const offset of OFFSETS_USED) if (!(await market.isFree(base + offset))) return base + offset;
  return undefined;
}

/** Whether nothing listens on a loopback port. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, () => probe.close(() => resolve(true)));
  });
}

type Remembered = Partial<Record<Profile, number>>;

/** The base a profile used last, if any. */
export function rememberedBase(profile: Profile): number | undefined {
  return readJson<Remembered>(portsFile())?.[profile];
}

/** Notes the base for the next run. */
export function rememberBase(profile: Profile, base: number): void {
  const remembered = readJson<Remembered>(portsFile()) ?? {};
  writeWhole(portsFile(), `${JSON.stringify({ ...remembered, [profile]: base })}\n`);
}

function portsFile(): string {
  return join(stateRoot(), 'ports.json');
}
