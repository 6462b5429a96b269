import { MS_PER_DAY, type Interval, instant } from '@gridpact/kernel';
import type { FrameReading } from '@gridpact/telemetry';
import type { Gateway } from '../meters/gateway.js';
import { readingsOf } from '../meters/readings.js';
import { type World, setClock } from './world.js';

/** The gateways bring the readings of the days before: a backlog, as after a new installation. */
export async function sendHistory(world: World): Promise<void> {
  const { times } = world;
  await sendSpan(world, { start: times.historyFrom, end: times.dayBefore });
  await setClock(world, times.sealsHistoryAt);
}

/** Every site's real readings of a span, over its own gateway. */
export async function sendSpan(world: World, span: Interval): Promise<void> {
  for (let day = span.start; day < span.end; day = instant(day + MS_PER_DAY)) {
    const end = instant(Math.min(day + MS_PER_DAY, span.end));
    await sendAll(world, (name) =>
      world.city.sites
        .filter(({ gateway }) => gateway === name)
        .flatMap((site) => readingsOf(site, { start: day, end })),
    );
  }
}

/** Sends what each gateway has, all gateways at once; refusals of frames end the scenario, since none is due here. */
export async function sendAll(world: World, readingsFor: (gateway: string) => FrameReading[]): Promise<void> {
  const started = performance.now();
  const counts = await Promise.all([...world.gateways].map(([name, gateway]) => sendOne(gateway, readingsFor(name))));
  world.readings.count += counts.reduce((sum, count) => sum + count, 0);
  world.readings.ms += performance.now() - started;
}

async function sendOne(gateway: Gateway, readings: FrameReading[]): Promise<number> {
  const last = readings.at(-1);
  if (!last) return 0;
  const sentAt = instant(Math.max(...readings.map(({ start, stepMs }) => Date.parse(start) + stepMs)));
  for (const outcome of await gateway.send(readings, sentAt)) {
    if (!outcome.taken) throw new Error(`${gateway.name}: ${outcome.code}: ${outcome.detail}`);
  }
  return readings.length;
}
