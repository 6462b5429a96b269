import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Interval, energyMicroKwh, instantOf } from '@gridpact/kernel';
import { fetchJson } from '@gridpact/platform/http';
import { z } from 'zod';
import { EVENT_DATE } from '../city/timetable.js';
import { chainOf, countByType, readLog } from '../outcome/log-reader.js';
import { messagesByTopic } from '../outcome/messages.js';
import { type CurvePoint, type DossierRow, type Outcome, type OutcomeRow, quantile } from '../outcome/outcome.js';
import { granted } from './enrol.js';
import { stackOf } from './event.js';
import { runsOf } from './settle.js';
import { EVENT, type World, servicesOf, staffOf } from './world.js';

const interval = z.object({
  state: z.string(),
  start: z.string(),
  end: z.string(),
  committedMicroKwh: z.string(),
  baselineMicroKwh: z.string().nullable(),
  meteredMicroKwh: z.string().nullable(),
});
const line = z.object({
  site: z.string(),
  aggregator: z.string(),
  intervals: z.array(interval),
  committedMicroKwh: z.string(),
  curtailmentMicroKwh: z.string().nullable(),
  amountFen: z.string(),
  aggregatorFen: z.string(),
  userFen: z.string(),
});
type Line = z.infer<typeof line>;
const linesAnswer = z.object({ lines: z.array(line) });
const awardedView = z.object({
  award: z
    .object({
      body: z.object({ intervals: z.array(z.object({ start: z.string(), end: z.string(), watt: z.string() })) }),
    })
    .nullable(),
});
const logView = z.object({
  origin: z.string(),
  size: z.int(),
  root: z.string().nullable(),
  cosigners: z.array(z.object({ witness: z.string() })),
});

/** Gathers what the played event shows at its end, from the interfaces that its parties use. */
export async function collect(world: World, seed: string): Promise<Outcome> {
  const { env, operator, city } = world;
  const { lines } = await operator.read(`${env.GRIDPACT_SETTLEMENT_URL}/v1/events/${EVENT}/lines`, linesAnswer);
  const dossiers = await writeDossiers(world);
  const rows = await Promise.all([...world.aggregators.keys()].map((aggregator) => rowOf(world, aggregator, lines)));
  const statements = await readLog(env.GRIDPACT_LEDGER_URL);
  const log = await fetchJson(`${env.GRIDPACT_LEDGER_URL}/v1/log`, { schema: logView });
  const receiptMs = await Promise.all(world.receipts);
  return {
    event: EVENT,
    date: EVENT_DATE,
    seed,
    sites: city.sites.length,
    realSeries: city.realSeries,
    shiftedSites: city.shiftedSites,
    rows,
    total: totalOf(rows),
    runs: (await runsOf(world)).map(({ run, kind, cause, totals }) => ({
      run,
      kind,
      cause,
      amountFen: BigInt(totals.amountFen),
      differenceFen: BigInt(totals.differenceFen),
    })),
    refused: world.refused,
    statementsByType: countByType(statements),
    messagesByTopic: await messagesByTopic(servicesOf(env)),
    log: {
      origin: log.origin,
      size: log.size,
      root: log.root ?? '',
      cosigners: log.cosigners.map(({ witness }) => witness),
    },
    receiptMs: { count: receiptMs.length, p50: quantile(receiptMs, 0.5), p99: quantile(receiptMs, 0.99) },
    readings: {
      count: world.readings.count,
      perSecond: (1000 * world.readings.count) / Math.max(1, world.readings.ms),
    },
    dossiers,
    curves: Object.fromEntries(
      rows.map(({ party }) => [
        party,
        curveOf(
          world,
          lines.filter(({ aggregator }) => aggregator === party),
        ),
      ]),
    ),
    stack: await stackOf(world),
    chain: chainOf(statements, EVENT),
  };
}

/** The regulator's full dossier, and the cut of the user who disputed. */
async function writeDossiers(world: World): Promise<DossierRow[]> {
  const text = await world.regulator.readText(`${world.env.GRIDPACT_SETTLEMENT_URL}/v1/events/${EVENT}/dossier`);
  const full = join(world.out, `${EVENT}.regulator.dossier`);
  writeFileSync(full, text);
  const player = world.players.find(({ site }) => site.role.incident === 'wrong-reading');
  if (!player) return [{ holder: 'regulator', path: full, bytes: Buffer.byteLength(text) }];
  const cut = granted(`${player.site.site} fetches its dossier`, await player.phone.dossier(EVENT));
  return [
    { holder: 'regulator', path: full, bytes: Buffer.byteLength(text) },
    { holder: player.user, path: cut.file, bytes: cut.bytes },
  ];
}

async function rowOf(world: World, aggregator: string, lines: readonly Line[]): Promise<OutcomeRow> {
  const own = lines.filter((one) => one.aggregator === aggregator);
  return {
    party: aggregator,
    sites: own.length,
    awardedMicroKwh: await awardedMicroKwh(world, aggregator),
    confirmedMicroKwh: sum(own.map(({ committedMicroKwh }) => committedMicroKwh)),
    deliveredMicroKwh: sum(own.map(({ curtailmentMicroKwh }) => curtailmentMicroKwh ?? '0')),
    amountFen: sum(own.map(({ amountFen }) => amountFen)),
    aggregatorFen: sum(own.map(({ aggregatorFen }) => aggregatorFen)),
    userFen: sum(own.map(({ userFen }) => userFen)),
  };
}

async function awardOf(world: World, aggregator: string): Promise<{ span: Interval; watt: bigint }[]> {
  const view = await staffOf(world, aggregator).read(
    `${world.env.GRIDPACT_AGGREGATOR_URL}/v1/events/${EVENT}`,
    awardedView,
  );
  const intervals = view.award?.body.intervals ?? [];
  return intervals.map(({ start, end, watt }) => ({
    span: { start: instantOf(start), end: instantOf(end) },
    watt: BigInt(watt),
  }));
}

async function awardedMicroKwh(world: World, aggregator: string): Promise<bigint> {
  return (await awardOf(world, aggregator)).reduce((total, { span, watt }) => total + energyMicroKwh(watt, span), 0n);
}

function totalOf(rows: readonly OutcomeRow[]): OutcomeRow {
  const add = (pick: (row: OutcomeRow) => bigint): bigint => rows.reduce((total, row) => total + pick(row), 0n);
  return {
    party: 'all',
    sites: rows.reduce((total, { sites }) => total + sites, 0),
    awardedMicroKwh: add((row) => row.awardedMicroKwh),
    confirmedMicroKwh: add((row) => row.confirmedMicroKwh),
    deliveredMicroKwh: add((row) => row.deliveredMicroKwh),
    amountFen: add((row) => row.amountFen),
    aggregatorFen: add((row) => row.aggregatorFen),
    userFen: add((row) => row.userFen),
  };
}

/** Mean kW per event interval over what counts: committed, supplied, not withdrawn, with baseline and readings known. */
function curveOf(world: World, lines: readonly Line[]): CurvePoint[] {
  return world.times.intervals.map(({ start, end }) => {
    const hours = (end - start) / 3_600_000;
    const at = lines.flatMap((one) =>
      one.intervals.filter((part) => instantOf(part.start) === start && part.state === 'counted'),
    );
    const known = at.filter(
      ({ baselineMicroKwh, meteredMicroKwh }) => baselineMicroKwh !== null && meteredMicroKwh !== null,
    );
    const kw = (values: readonly (string | null)[]): number =>
      Number(sum(values.map((value) => value ?? '0'))) / 1e6 / hours;
    const baselineKw = kw(known.map(({ baselineMicroKwh }) => baselineMicroKwh));
    return {
      label: new Date(start + 8 * 3_600_000).toISOString().slice(11, 16),
      baselineKw,
      targetKw: baselineKw - kw(known.map(({ committedMicroKwh }) => committedMicroKwh)),
      actualKw: kw(known.map(({ meteredMicroKwh }) => meteredMicroKwh)),
    };
  });
}

function sum(values: readonly string[]): bigint {
  return values.reduce((total, value) => total + BigInt(value), 0n);
}
