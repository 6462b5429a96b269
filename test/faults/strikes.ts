import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { appNamed, restartServer, SERVICES, startApp, stopApp, type Server, type Stack } from '@gridpact/deploy';
import { PHASES } from '../e2e/play.ts';

/** Longest wait from the end of a phase to the strike that is drawn for the next one. */
const LATEST_MS = 1_500;

/** Something that happens to the system while an event is played. */
export interface Strike {
  readonly what: string;
  /** Phases of the play that are over when it falls, and how long they have been; so no machine is too fast or too slow. */
  readonly afterPhases: number;
  readonly afterMs: number;
  readonly hit: () => Promise<unknown>;
}

/** Each service dies once, as in a power cut, at a moment drawn from a seed, and is started again at once. */
export function killsOf(stack: Stack, seed: string): Strike[] {
  return SERVICES.map((service) => ({
    what: `kill ${service}`,
    afterPhases: drawn(`${seed}|${service}|phase`, PHASES),
    afterMs: drawn(`${seed}|${service}|ms`, LATEST_MS),
    hit: async () => {
      await stopApp(stack, service, 'SIGKILL');
      await startApp(stack, appNamed(service));
    },
  }));
}

/** A server is stopped and started again once some phases are over. */
export function restartOf(stack: Stack, server: Server, afterPhases: number): Strike {
  return { what: `restart ${server}`, afterPhases, afterMs: 0, hit: () => restartServer(stack, server) };
}

/** Plays under strikes; gives what was played and the strikes that fell before its end, all of which have healed. */
export async function under<T>(
  strikes: readonly Strike[],
  play: (phaseOver: (count: number) => void) => Promise<T>,
): Promise<{ played: T; struck: string[] }> {
  const struck: string[] = [];
  const healing: Promise<unknown>[] = [];
  const waiting = new Set(strikes);
  const phaseOver = (count: number): void => {
    for (const strike of [...waiting].filter(({ afterPhases }) => afterPhases <= count)) {
      waiting.delete(strike);
      healing.push(fall(strike, struck));
    }
  };
  phaseOver(0);
  const [played] = await Promise.allSettled([play(phaseOver)]);
  const fell = [...struck];
  const healed = await Promise.allSettled(healing);
  const failed = [played, ...healed].find((outcome) => outcome.status === 'rejected');
  if (played.status === 'fulfilled' && !failed) return { played: played.value, struck: fell };
  throw new Error(`after ${fell.join(', ')}: ${String(failed?.reason)}`);
}

async function fall({ what, afterMs, hit }: Strike, struck: string[]): Promise<void> {
  await delay(afterMs);
  struck.push(what);
  await hit();
}

function drawn(purpose: string, sides: number): number {
  return createHash('sha256').update(purpose).digest().readUInt32BE(0) % sides;
}
