import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { buildCity } from './city/city.js';
import { timetable } from './city/timetable.js';
import { readPlayerEnv } from './env.js';
import { Gateway } from './meters/gateway.js';
import { reportHtml } from './outcome/report.js';
import { outcomeText } from './outcome/table.js';
import { answer, answerTooLate } from './scenario/answers.js';
import { collect } from './scenario/collect.js';
import { deliver, sendMorning } from './scenario/deliver.js';
import { bundlePath, enrol } from './scenario/enrol.js';
import { announceAndClear } from './scenario/event.js';
import { sendHistory } from './scenario/history.js';
import { settle } from './scenario/settle.js';
import { type World, folderOf } from './scenario/world.js';
import { Staff } from './staff/staff.js';

/** The checkout that this build stands in: data and rule bundle are read from it. */
const CHECKOUT = join(import.meta.dirname, '../../..');
const DATA = join(CHECKOUT, 'test/data');
const AGGREGATORS = ['aggregator-1', 'aggregator-2', 'aggregator-3'];
const gatewayPasswords = z.record(z.string(), z.string());

/** Plays one event and leaves dossiers, an HTML report and the outcome as JSON in the state folder. */
export async function demo(options: { sites: number; speed: number; seed: string; json?: boolean }): Promise<void> {
  const world = await openWorld(options);
  try {
    await phase(world, `${world.city.sites.length} users enrol, register keys and sign`, () =>
      enrol(world, DATA, bundlePath(CHECKOUT)).then(() => undefined),
    );
    await phase(world, 'gateways bring 20 days of readings', () => sendHistory(world));
    await phase(world, 'the event is announced, nominated and cleared', () => announceAndClear(world));
    await phase(world, 'users answer on their phones', () => answer(world));
    await phase(world, 'the morning of the event, and the deadline', async () => {
      await sendMorning(world);
      await answerTooLate(world);
    });
    let sheddings: Awaited<ReturnType<typeof deliver>> = new Map();
    await phase(world, 'the event runs', async () => {
      sheddings = await deliver(world);
    });
    await phase(world, 'settlement, dispute, corrections, final run', () => settle(world, sheddings));
    const outcome = await collect(world, options.seed);
    const json = JSON.stringify(
      outcome,
      (_key, value: unknown) => (typeof value === 'bigint' ? value.toString() : value),
      2,
    );
    writeFileSync(join(world.out, 'outcome.json'), `${json}\n`);
    writeFileSync(join(world.out, 'report.html'), reportHtml(outcome));
    process.stdout.write(
      options.json ? `${json}\n` : `\n${outcomeText(outcome)}\nReport: ${join(world.out, 'report.html')}\n`,
    );
  } finally {
    await Promise.all([...world.gateways.values()].map((gateway) => gateway.close()));
  }
}

async function openWorld({ sites, speed, seed }: { sites: number; speed: number; seed: string }): Promise<World> {
  const env = readPlayerEnv();
  const times = timetable();
  const city = buildCity(DATA, sites, seed, times);
  const account = (party: string, id: string): Staff =>
    Staff.of(env.GRIDPACT_ISSUER, env.GRIDPACT_PARTIES_DIR, party, id);
  return {
    env,
    city,
    times,
    ratePermille: speed * 1000,
    operator: account('power-company', 'operator'),
    regulator: account('regulator', 'regulator'),
    aggregators: new Map(AGGREGATORS.map((party) => [party, account(party, `${party}-staff`)])),
    gateways: await connectGateways(env.GRIDPACT_MQTT_URL, env.GRIDPACT_GATEWAYS_FILE, city.sites),
    players: [],
    refused: [],
    out: folderOf(env.GRIDPACT_STATE_DIR, 'demo'),
    receipts: [],
    readings: { count: 0, ms: 0 },
    say: (line) => process.stderr.write(`${line}\n`),
  };
}

async function connectGateways(
  url: string,
  file: string,
  sites: readonly { gateway: string }[],
): Promise<Map<string, Gateway>> {
  const passwords = gatewayPasswords.parse(JSON.parse(readFileSync(file, 'utf8')));
  const names = [...new Set(sites.map(({ gateway }) => gateway))].sort();
  const gateways = await Promise.all(names.map((name) => Gateway.connect(url, name, passwords[name] ?? '')));
  return new Map(gateways.map((gateway) => [gateway.name, gateway]));
}

async function phase(world: World, what: string, play: () => Promise<void>): Promise<void> {
  const started = performance.now();
  await play();
  world.say(`gridpact: ${what} (${((performance.now() - started) / 1000).toFixed(1)} s)`);
}
