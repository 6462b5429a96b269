import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Instant, formatInstant } from '@gridpact/kernel';
import { fetchJson } from '@gridpact/platform/http';
import { z } from 'zod';
import type { City, CitySite } from '../city/city.js';
import type { Timetable } from '../city/timetable.js';
import type { PlayerEnv } from '../env.js';
import type { Gateway } from '../meters/gateway.js';
import type { RefusedAction } from '../outcome/outcome.js';
import type { Phone } from '../phone/phone.js';
import { type Staff, patiently, until } from '../staff/staff.js';

/** A site with the user that plays it. */
export interface Player {
  readonly site: CitySite;
  readonly phone: Phone;
  readonly user: string;
  readonly enrolment: string;
  /** Leaf hash of `enrolment.agreed`. */
  readonly contract: string;
}

/** Everything that the phases of a scenario share. */
export interface World {
  readonly env: PlayerEnv;
  readonly city: City;
  readonly times: Timetable;
  /** Business milliseconds per machine millisecond, in thousandths. */
  readonly ratePermille: number;
  readonly operator: Staff;
  readonly regulator: Staff;
  readonly aggregators: ReadonlyMap<string, Staff>;
  readonly gateways: ReadonlyMap<string, Gateway>;
  readonly players: Player[];
  readonly refused: RefusedAction[];
  /** Folder for dossiers and report. */
  readonly out: string;
  /** Confirmations on their way to their receipts: each resolves with its machine ms from the tap to the checked receipt. */
  readonly receipts: Promise<number>[];
  readings: { count: number; ms: number };
  say(line: string): void;
}

export const PROGRAM = 'example-day-ahead-invited';
export const EVENT = 'event-1';

const clockSetting = z.object({ revision: z.int() });
const clockView = z.object({ revision: z.int(), business: z.string() });

/**
 * Sets business time and lets it run on from there; returns when every service follows, so that what comes next happens
 * after it everywhere.
 */
export async function setClock(world: World, at: Instant): Promise<void> {
  const { env, operator, ratePermille } = world;
  const body = { businessEpoch: formatInstant(at), ratePermille };
  const { revision } = await operator.ask(`${env.GRIDPACT_DISPATCHER_URL}/v1/clock`, body, clockSetting);
  await Promise.all(
    servicesOf(env).map((url) =>
      until(`${url} to follow clock revision ${revision}`, async () => {
        const seen = await patiently(() => fetchJson(`${url}/v1/clock`, { schema: clockView }));
        return seen.revision >= revision;
      }),
    ),
  );
}

/** The staff of an aggregator. */
export function staffOf(world: World, aggregator: string): Staff {
  const staff = world.aggregators.get(aggregator);
  if (!staff) throw new Error(`no staff of ${aggregator}`);
  return staff;
}

/** Runs tasks, at most `width` at once; fails with the first failure. */
export async function inParallel<T, R>(
  items: readonly T[],
  width: number,
  task: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const queue = items.entries();
  const worker = async (): Promise<void> => {
    for (const [at, item] of queue) results[at] = await task(item);
  };
  await Promise.all(Array.from({ length: width }, worker));
  return results;
}

/** A folder below the parties' own, made when missing. */
export function folderOf(parent: string, name: string): string {
  const folder = join(parent, name);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return folder;
}

/** Every service that follows the business clock. */
export function servicesOf(env: PlayerEnv): string[] {
  return [
    env.GRIDPACT_LEDGER_URL,
    env.GRIDPACT_IDENTITY_URL,
    env.GRIDPACT_DISPATCHER_URL,
    env.GRIDPACT_AGGREGATOR_URL,
    env.GRIDPACT_INGEST_URL,
    env.GRIDPACT_SETTLEMENT_URL,
    env.GRIDPACT_MOBILE_API_URL,
  ];
}
