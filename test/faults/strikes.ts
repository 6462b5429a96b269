import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { appNamed, restartServer, SERVICES, startApp, stopApp, type Server, type Stack } from '@gridpact/deploy';

/** Strikes fall within this part of an undisturbed play, permille of its length. */
const FIRST_PERMILLE = 50;
const LAST_PERMILLE = 900;

/** Something that happens to the system while an event is played. */
export interface Strike {
  readonly what: string;
  readonly afterMs: number;
  readonly hit: () => Promise<unknown>;
}

/** Each service dies once, as in a power cut, at a moment drawn from a seed, and is started again at once. */
export function killsOf(stack: Stack, seed: string, playMs: number): Strike[] {
  return SERVICES.map((service) => ({
    what: `kill ${service}`,
    afterMs: Math.round((drawn(`${seed}|${service}`) * playMs) / 1000),
    hit: async () => {
      await stopApp(stack, service, 'SIGKILL');
      await startApp(stack, appNamed(service));
    },
  }));
}

/** A server is stopped and started again at a share of the play. */
export function restartOf(stack: Stack, server: Server, afterMs: number): Strike {
  return { what: `restart ${server}`, afterMs, hit: () => restartServer(stack, server) };
}

/** Plays under strikes; gives what was played and the strikes that fell before its end, all of which have healed. */
export async function under<T>(
  strikes: readonly Strike[],
  play: () => Promise<T>,
): Promise<{ played: T; struck: string[] }> {
  const struck: string[] = [];
  const over = new AbortController();
  const playing = play().finally(() => over.abort());
  const healed = strikes.map(async ({ what, afterMs, hit }) => {
    await delay(afterMs, undefined, { signal: over.signal });
    struck.push(what);
    await hit();
  });
  const [played] = await Promise.allSettled([playing, ...healed]);
  if (played.status === 'rejected') throw new Error(`after ${struck.join(', ')}: ${String(played.reason)}`);
  await Promise.all(healed);
  return { played: played.value, struck };
}

function drawn(purpose: string): number {
  const dice = createHash('sha256').update(purpose).digest().readUInt32BE(0);
  return FIRST_PERMILLE + (dice % (LAST_PERMILLE - FIRST_PERMILLE));
}
