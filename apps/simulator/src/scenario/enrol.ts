import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Result, formatInstant } from '@gridpact/kernel';
import { ProblemError } from '@gridpact/platform/http';
import { type RulePack, examplePack } from '@gridpact/program';
import { z } from 'zod';
import { chineseCalendar } from '../city/calendar.js';
import type { CitySite } from '../city/city.js';
import { later } from '../city/timetable.js';
import { Phone } from '../phone/phone.js';
import { until } from '../staff/staff.js';
import { PROGRAM, type Player, type World, folderOf, inParallel, setClock, staffOf } from './world.js';

/** Phones that register and sign at once. */
const PHONES_AT_ONCE = 12;
/** Standing offers are for at least this price; the event clears above it. */
const FLOOR_PRICE = '500000';
const enrolled = z.object({
  items: z.array(z.object({ site: z.string(), enrolment: z.string(), user: z.string(), code: z.string() })),
});

/** The power company publishes its program; each aggregator enrols its sites; each user registers a key and signs. */
export async function enrol(world: World, dataFolder: string, bundleFile: string): Promise<RulePack> {
  await setClock(world, world.times.opensAt);
  const rulePack = examplePack(chineseCalendar(dataFolder, 2018));
  const bundleSha256 = createHash('sha256').update(readFileSync(bundleFile)).digest('hex');
  await world.operator.ask(
    `${world.env.GRIDPACT_DISPATCHER_URL}/v1/programs`,
    { program: PROGRAM, rulePack, bundleSha256 },
    z.unknown(),
  );
  await until('the program to be known', async () => (await programOf(world)) !== undefined);
  for (const [aggregator] of world.aggregators) await enrolPortfolio(world, aggregator);
  world.players.sort((a, b) => (a.site.site < b.site.site ? -1 : 1));
  await registerGateways(world);
  await inParallel(
    world.players.filter(({ site }) => site.role.answer === 'standing-offer'),
    PHONES_AT_ONCE,
    (player) => offerStanding(world, player),
  );
  return rulePack;
}

async function programOf(world: World): Promise<unknown> {
  return world.operator.read(`${world.env.GRIDPACT_DISPATCHER_URL}/v1/programs/${PROGRAM}`, z.unknown());
}

async function enrolPortfolio(world: World, aggregator: string): Promise<void> {
  const sites = world.city.sites.filter((site) => site.aggregator === aggregator);
  const { items } = await until(`${aggregator} to take its sites`, () => enrolSites(world, aggregator, sites));
  const players = await inParallel(items, PHONES_AT_ONCE, async (item) => {
    const site = sites.find((one) => one.site === item.site);
    if (!site) throw new Error(`the aggregator enrolled ${item.site}, which was not asked`);
    return enrolUser(world, site, item);
  });
  world.players.push(...players);
}

/** Rows are refused while the aggregator has not heard of the program yet. */
async function enrolSites(
  world: World,
  aggregator: string,
  sites: readonly CitySite[],
): Promise<z.infer<typeof enrolled> | false> {
  const url = `${world.env.GRIDPACT_AGGREGATOR_URL}/v1/sites`;
  try {
    return await staffOf(world, aggregator).ask(url, sites.map(siteRow), enrolled);
  } catch (error) {
    if (error instanceof ProblemError && error.code === 'rows_refused') return false;
    throw error;
  }
}

function siteRow(site: CitySite): Record<string, string> {
  return {
    site: site.site,
    meter: site.meter,
    gateway: site.gateway,
    feeder: site.feeder,
    area: 'city',
    program: PROGRAM,
    capabilityWatt: site.capabilityWatt.toString(),
    userName: `User of ${site.site}`,
    baselineMethod: site.baselineMethod,
    aggregatorPercent: '20',
    silence: 'declined',
  };
}

async function enrolUser(
  world: World,
  site: CitySite,
  item: { user: string; code: string; enrolment: string },
): Promise<Player> {
  const { env, city } = world;
  let draws = 0;
  const random = (count: number): Uint8Array => city.dice.bytes(`${site.site} phone ${(draws += 1)}`, count);
  const folder = folderOf(env.GRIDPACT_PHONES_DIR, item.user);
  const phone = await Phone.create({
    folder,
    mobileApiUrl: env.GRIDPACT_MOBILE_API_URL,
    issuerUrl: env.GRIDPACT_ISSUER,
    random,
  });
  granted(`${site.site} registers`, await phone.register(item.code, item.user));
  granted(`${site.site} waits for its key`, await phone.untilSealed());
  const [contract] = granted(`${site.site} signs its contract`, await phone.signEnrolments());
  if (!contract) throw new Error(`${site.site} has no contract to sign`);
  return { site, phone, user: item.user, enrolment: item.enrolment, contract: contract.statement };
}

async function registerGateways(world: World): Promise<void> {
  for (const [name, gateway] of world.gateways) {
    const sites = world.city.sites.filter((site) => site.gateway === name);
    const aggregator = sites[0]?.aggregator;
    if (aggregator === undefined) continue;
    const meters = sites.map(({ meter, stepMs, maximumWatt }) => ({
      meter,
      stepMs,
      maximumWatt: maximumWatt.toString(),
    }));
    const body = { gateways: [{ gateway: name, jwk: gateway.jwk, meters }] };
    await staffOf(world, aggregator).ask(`${world.env.GRIDPACT_INGEST_URL}/v1/gateways`, body, z.unknown());
  }
}

async function offerStanding(world: World, { site, phone, enrolment, contract }: Player): Promise<void> {
  const offer = {
    offer: `offer-${site.site}`,
    enrolment,
    maximumWatt: site.capabilityWatt.toString(),
    floorPriceMicroCnyPerKwh: FLOOR_PRICE,
    from: formatInstant(world.times.opensAt),
    until: formatInstant(later(world.times.eventDay, 30 * 24)),
  };
  granted(`${site.site} signs a standing offer`, await phone.standingOffer(contract, offer));
}

/** The value of what must be granted in every played event; throws with the reason otherwise. */
export function granted<T>(what: string, result: Result<T>): T {
  if (!result.ok) throw new Error(`${what}: ${result.refusal.code}: ${result.refusal.detail}`);
  return result.value;
}

/** The rule bundle as the build leaves it. */
export function bundlePath(checkout: string): string {
  return join(checkout, 'libs/domain/settlement/dist/contract.bundle.mjs');
}
