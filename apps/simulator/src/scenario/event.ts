import { type Instant, formatInstant } from '@gridpact/kernel';
import { ProblemError } from '@gridpact/platform/http';
import { z } from 'zod';
import { later } from '../city/timetable.js';
import type { StackRow } from '../outcome/outcome.js';
import { patiently, until } from '../staff/staff.js';
import { EVENT, PROGRAM, type World, setClock, staffOf } from './world.js';

/** What each aggregator asks for its two blocks, 1e-6 CNY/kWh, and the share of its capability in each, percent. */
const BLOCKS = [
  { percent: 50n, price: { 'aggregator-1': '1200000', 'aggregator-2': '1500000', 'aggregator-3': '1800000' } },
  { percent: 25n, price: { 'aggregator-1': '2000000', 'aggregator-2': '2400000', 'aggregator-3': '2900000' } },
] as const;
/** Share of all nominated power that is needed, percent: the dearest block is taken in part or not at all. */
const NEED_PERCENT = 85n;

const decided = z.object({
  items: z.array(z.object({ decision: z.string(), revealed: z.string().nullable(), refusal: z.unknown() })),
});
const eventOf = z.object({ state: z.string(), award: z.unknown().nullable(), instructions: z.int() });
const sealedStatements = z.object({ statements: z.array(z.unknown()) });
const stackedBlock = z.object({
  aggregator: z.string(),
  watt: z.string(),
  priceMicroCnyPerKwh: z.string(),
  acceptedWatt: z.array(z.string()),
});
const clearing = z.object({ result: z.object({ stack: z.array(stackedBlock) }) });
const dispatcherEvent = z.object({ state: z.string() });

/** The power company announces; aggregators nominate under seal, reveal after the gate; the event clears. */
export async function announceAndClear(world: World): Promise<void> {
  const { times, operator, env } = world;
  await setClock(world, times.announceAt);
  await operator.ask(`${env.GRIDPACT_DISPATCHER_URL}/v1/events`, announcement(world), z.unknown());
  for (const [aggregator] of world.aggregators) await nominate(world, aggregator);
  await setClock(world, later(times.gateClosesAt, 0, 5));
  await nominateTooLate(world);
  await until(
    'every nomination to be revealed in the log',
    async () => (await revealed(world)) === world.aggregators.size,
  );
  await setClock(world, later(times.revealBy, 0, 5));
  await everyAggregator(world, 'to have issued its instructions', async (aggregator) => {
    const view = await staffOf(world, aggregator).read(`${env.GRIDPACT_AGGREGATOR_URL}/v1/events/${EVENT}`, eventOf);
    return view.award !== null && view.instructions > 0;
  });
}

/** Reveals in the log: the dispatcher handed them on, so it knows them. */
async function revealed(world: World): Promise<number> {
  const url = `${world.env.GRIDPACT_LEDGER_URL}/v1/statements?type=nomination.revealed&subject=${EVENT}`;
  return (await world.operator.read(url, sealedStatements)).statements.length;
}

/** Waits until the dispatcher's event is in a state. */
export async function untilState(world: World, state: string): Promise<void> {
  await until(`the event to be ${state}`, async () => {
    const seen = await world.operator.read(`${world.env.GRIDPACT_DISPATCHER_URL}/v1/events/${EVENT}`, dispatcherEvent);
    return seen.state === state;
  });
}

function announcement({ times, city }: World): Record<string, unknown> {
  const needWatt = ((nominatedWatt(city.sites.map((site) => site.capabilityWatt)) * NEED_PERCENT) / 100n).toString();
  const text = (at: Instant): string => formatInstant(at);
  return {
    event: EVENT,
    program: PROGRAM,
    area: 'city',
    intervals: times.intervals.map(({ start, end }) => ({ start: text(start), end: text(end), needWatt })),
    priceCapMicroCnyPerKwh: '4000000',
    gateClosesAt: text(times.gateClosesAt),
    revealBy: text(times.revealBy),
    confirmBy: text(times.confirmBy),
  };
}

function nominatedWatt(capabilities: readonly bigint[]): bigint {
  const total = capabilities.reduce((sum, watt) => sum + watt, 0n);
  return BLOCKS.reduce((sum, { percent }) => sum + (total * percent) / 100n, 0n);
}

async function nominate(world: World, aggregator: string): Promise<void> {
  const staff = staffOf(world, aggregator);
  await until(`${aggregator} to hear of the event`, () => hears(world, aggregator));
  await staff.ask(nominationsUrl(world), { blocks: blocksOf(world, aggregator) }, z.unknown());
  await until(`${aggregator}'s nomination to be promised`, async () => {
    const { items } = await staff.read(nominationsUrl(world), decided);
    return items.some(({ decision }) => decision === 'accepted');
  });
}

async function hears(world: World, aggregator: string): Promise<boolean> {
  try {
    await staffOf(world, aggregator).read(`${world.env.GRIDPACT_AGGREGATOR_URL}/v1/events/${EVENT}`, eventOf);
    return true;
  } catch (error) {
    if (error instanceof ProblemError && error.status === 404) return false;
    throw error;
  }
}

/** A second nomination after the gate: refused by the time at which it is received. */
async function nominateTooLate(world: World): Promise<void> {
  const staff = staffOf(world, 'aggregator-3');
  try {
    await staff.ask(nominationsUrl(world), { blocks: blocksOf(world, 'aggregator-3') }, z.unknown());
    throw new Error('a nomination after gate closure was taken');
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    world.refused.push({
      who: 'aggregator-3',
      what: 'nominate after the gate',
      code: error.code,
      detail: error.detail,
    });
  }
}

function blocksOf(world: World, aggregator: string): { watt: string; priceMicroCnyPerKwh: string }[] {
  const sites = world.city.sites.filter((site) => site.aggregator === aggregator);
  const total = sites.reduce((sum, site) => sum + site.capabilityWatt, 0n);
  return BLOCKS.map(({ percent, price }) => ({
    watt: ((total * percent) / 100n).toString(),
    priceMicroCnyPerKwh: price[aggregator as keyof typeof price],
  }));
}

/** The clearing stack as the dispatcher cleared it, in merit order, with what the first interval took of each block. */
export async function stackOf(world: World): Promise<StackRow[]> {
  const { result } = await world.operator.read(
    `${world.env.GRIDPACT_DISPATCHER_URL}/v1/events/${EVENT}/clearing`,
    clearing,
  );
  return result.stack.map(({ aggregator, watt, priceMicroCnyPerKwh, acceptedWatt }) => ({
    aggregator,
    watt: BigInt(watt),
    priceMicroCnyPerKwh: BigInt(priceMicroCnyPerKwh),
    acceptedWatt: BigInt(acceptedWatt[0] ?? '0'),
  }));
}

async function everyAggregator(
  world: World,
  what: string,
  look: (aggregator: string) => Promise<boolean>,
): Promise<void> {
  for (const [aggregator] of world.aggregators)
    await until(`${aggregator} ${what}`, () => patiently(() => look(aggregator)));
}

function nominationsUrl(world: World): string {
  return `${world.env.GRIDPACT_AGGREGATOR_URL}/v1/events/${EVENT}/nominations`;
}
