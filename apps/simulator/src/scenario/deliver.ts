import { type Instant, type Interval, instantOf, overlaps, required } from '@gridpact/kernel';
import { formatInstant } from '@gridpact/kernel';
import type { FrameReading } from '@gridpact/telemetry';
import { z } from 'zod';
import { later } from '../city/timetable.js';
import { type Shedding, readingOf, readingsOf } from '../meters/readings.js';
import { instructionsOf, leave } from './answers.js';
import { untilState } from './event.js';
import { sendAll, sendSpan } from './history.js';
import { EVENT, type Player, type World, setClock } from './world.js';

/** Feeder without supply during the event; no named part has its site there. */
const DARK_FEEDER = 'feeder-16';
const answeredBody = z.object({
  intervals: z.array(z.object({ start: z.string(), end: z.string(), watt: z.string() })),
});

/** What each site sheds in the event, by site; decided once, so that resending gives the same readings. */
export type Sheddings = ReadonlyMap<string, readonly Shedding[]>;

/** The day before and the morning reach the platform; then the event itself, hour by hour, with all that goes wrong. */
export async function deliver(world: World): Promise<Sheddings> {
  const { times } = world;
  const [first] = times.intervals;
  const start = required(first, 'first event interval').start;
  await setClock(world, later(start, 0, 1));
  await untilState(world, 'active');
  await sendSpan(world, { start: later(times.eventDay, 8), end: start });
  await flagOutage(world, { start, end: required(times.intervals.at(-1), 'last event interval').end });
  const sheddings = await sheddingsOf(world);
  for (const [hour, interval] of times.intervals.entries()) {
    if (hour === 1) {
      await setClock(world, later(interval.start, 0, 30));
      await leave(world);
    }
    await setClock(world, later(interval.end, 0, 2));
    await sendAll(world, (gateway) =>
      eventReadings(world, gateway, interval, sheddings, hour === times.intervals.length - 1),
    );
    await resendDuplicates(world, interval, sheddings);
  }
  return sheddings;
}

/** The day before the event and its first hours, which the baseline needs. */
export async function sendMorning(world: World): Promise<void> {
  await setClock(world, later(world.times.eventDay, 8));
  await sendSpan(world, { start: world.times.dayBefore, end: later(world.times.eventDay, 8) });
}

/** Readings of a gateway's sites in an event interval, each as its part has it. */
function eventReadings(
  world: World,
  gateway: string,
  span: Interval,
  sheddings: Sheddings,
  last: boolean,
): FrameReading[] {
  return world.players
    .filter(({ site }) => site.gateway === gateway)
    .flatMap((player) => playedReadings(player, span, sheddings.get(player.site.site) ?? [], last));
}

function playedReadings(
  { site }: Player,
  span: Interval,
  shedding: readonly Shedding[],
  last: boolean,
): FrameReading[] {
  if (site.feeder === DARK_FEEDER)
    return readingsOf(site, span).map(({ start }) => readingOf(site, instantOf(start), 0n));
  if (last && site.role.incident === 'gap') return [];
  if (last && (site.role.incident === 'wrong-reading' || site.role.incident === 'late-correction'))
    return readingsOf(site, span);
  return readingsOf(site, span, shedding);
}

/** A gateway that did not hear its acknowledgements sends the same readings again, in frames of its own. */
async function resendDuplicates(world: World, span: Interval, sheddings: Sheddings): Promise<void> {
  const doubled = world.players.filter(({ site }) => site.role.incident === 'duplicates');
  await sendAll(world, (gateway) =>
    doubled
      .filter(({ site }) => site.gateway === gateway)
      .flatMap(({ site }) => readingsOf(site, span, sheddings.get(site.site))),
  );
}

async function sheddingsOf(world: World): Promise<Sheddings> {
  const sheddings = new Map<string, readonly Shedding[]>();
  for (const player of world.players) sheddings.set(player.site.site, await sheddingOf(world, player));
  return sheddings;
}

/** What a site sheds: its part's percentage of what stands confirmed; who leaves at half past sheds one interval only. */
async function sheddingOf(world: World, player: Player): Promise<Shedding[]> {
  const confirmed = await confirmedOf(world, player);
  const stays = player.site.role.incident === 'leaves' ? confirmed.slice(0, 1) : confirmed;
  return stays.map(({ span, watt }) => ({ span, watt: (watt * BigInt(player.site.role.percent)) / 100n }));
}

async function confirmedOf(world: World, player: Player): Promise<Shedding[]> {
  const [instruction] = await instructionsOf(player);
  if (!instruction?.standing) return [];
  const own = await player.phone.kept(instruction.standing);
  const answer = own ? answeredBody.safeParse(own.opening?.body) : undefined;
  const intervals = answer?.success ? answer.data.intervals : instruction.body.intervals;
  return intervals
    .map(({ start, end, watt }) => ({ span: { start: instantOf(start), end: instantOf(end) }, watt: BigInt(watt) }))
    .filter(({ span }) => world.times.intervals.some((interval) => overlaps(interval, span)));
}

async function flagOutage(world: World, span: Interval): Promise<void> {
  const body = {
    event: EVENT,
    feeder: DARK_FEEDER,
    start: formatInstant(span.start),
    end: formatInstant(span.end),
    source: 'outage list of the power company',
  };
  await world.operator.ask(`${world.env.GRIDPACT_DISPATCHER_URL}/v1/outages`, body, z.unknown());
}

/** The readings that a site should have sent for the last interval: what its part's incident left wrong or out. */
export async function correctLast(
  world: World,
  sheddings: Sheddings,
  incidents: readonly string[],
  at: Instant,
): Promise<void> {
  const last = required(world.times.intervals.at(-1), 'last event interval');
  for (const { site } of world.players.filter((player) => incidents.includes(player.site.role.incident))) {
    const gateway = required(world.gateways.get(site.gateway), site.gateway);
    const outcomes = await gateway.send(readingsOf(site, last, sheddings.get(site.site)), at);
    for (const outcome of outcomes)
      if (!outcome.taken) throw new Error(`${site.site}: correction refused: ${outcome.code}`);
  }
}
