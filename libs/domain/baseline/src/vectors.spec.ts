import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import {
  type LocalDate,
  MS_PER_MINUTE,
  addDays,
  instant,
  localDay,
  localDayBounds,
  localDayOf,
  minuteOfDay,
  rationalOf,
  required,
} from '@gridpact/kernel';
import { describe, expect, it } from 'vitest';
import { computeBaseline } from './baseline.js';
import { type ResolvedDay, dayTypes } from './calendar.js';
import { BASELINE_METHODS, type Baseline, type BaselineMethodName } from './method.js';
import { type IndexedSeries, indexSeries } from './series.js';

interface Vector {
  readonly id: string;
  readonly date: LocalDate;
  readonly dayType3: string;
  readonly startMin: number;
  readonly endMin: number;
  readonly results: Record<BaselineMethodName, { used: string[]; base?: number[]; flag?: string }>;
}
interface Site {
  readonly site: string;
  readonly dataset: 'cambridge-hourly' | 'polito-15min' | 'simbench-15min';
  readonly tz: string;
  readonly stepMin: number;
  readonly holidays: string;
  readonly eventDays: string[];
  readonly vectors: Vector[];
}

const TEST_DATA = new URL('../../../../test/data/', import.meta.url);
const { sites } = JSON.parse(readText('baseline-vectors.json')) as { sites: Site[] };
const holidays = JSON.parse(readText('calendars/holidays.json')) as Record<string, Record<string, string>>;
const tables = new Map<string, string[][]>();

describe.each(sites.map((site) => [site.site, site] as const))('baselines of %s', (_, site) => {
  const calendar = { holidays: Object.keys(holidays[site.holidays] ?? {}), workdays: [] };
  const series = seriesOf(site, dayTypes(calendar));
  const eventDays = new Set(site.eventDays);

  it.each(BASELINE_METHODS)('agree with every known answer of %s', (method) => {
    for (const vector of site.vectors) {
      const window = windowOf(site, vector);
      const answer = computeBaseline(method, { series, date: vector.date, window, eventDays });
      if (!answer.ok) throw new Error(`${vector.id}: ${answer.refusal.detail}`);
      expect({ id: vector.id, ...asVector(answer.value) }).toEqual({ id: vector.id, ...vector.results[method] });
    }
  });
});

it('covers every site, event and flag of the known answers', () => {
  const vectors = sites.flatMap((site) => site.vectors);
  expect([sites.length, vectors.length]).toEqual([55, 658]);
  const flags = vectors.flatMap((vector) => BASELINE_METHODS.map((method) => vector.results[method].flag));
  expect(flags.filter((flag) => flag === 'ADJ_MISSING')).toHaveLength(8);
});

function asVector(baseline: Baseline) {
  const base = baseline.microKwh?.map(Number);
  return { used: baseline.used, ...(base && { base }), ...(baseline.flag && { flag: baseline.flag }) };
}

function windowOf(site: Site, vector: Vector) {
  const { start } = localDayBounds(site.tz, vector.date);
  const day = localDay(site.tz, vector.date);
  const at = (minute: number) => {
    let moment = instant(start + minute * MS_PER_MINUTE);
    moment = instant(moment + (minute - minuteOfDay(day, moment)) * MS_PER_MINUTE);
    return moment;
  };
  return { start: at(vector.startMin), end: at(vector.endMin) };
}

function seriesOf(site: Site, typeOf: ReturnType<typeof dayTypes>): IndexedSeries {
  const readings = readingsOf(site);
  const first = localDayOf(site.tz, instant(required(readings[0], 'first reading')[0])).date;
  const last = localDayOf(site.tz, instant(required(readings.at(-1), 'last reading')[0])).date;
  const days: ResolvedDay[] = [];
  for (let date = first; date <= last; date = addDays(date, 1)) {
    days.push({ ...localDay(site.tz, date), type: typeOf(date) });
  }
  return indexSeries({ stepMs: site.stepMin * MS_PER_MINUTE, readings }, days);
}

function readingsOf(site: Site): [number, bigint][] {
  if (site.dataset === 'cambridge-hourly') return column('cambridge-hourly/meters.csv.gz', site.site, utc, 1n);
  if (site.dataset === 'simbench-15min') return column('simbench-15min/profiles_pu.csv.gz', site.site, plusOne, 1n);
  return column('polito-15min/meter.csv.gz', 'total_kw', localRome, 4n);
}

const utc = (stamp: string) => Date.parse(stamp);
/** SimBench repeats an hour of stamps on 2016-10-30, which no vector needs; the second pass is left out. */
const plusOne = (stamp: string) => Date.parse(`${stamp}:00+01:00`);

/** Politecnico counts 96 quarter hours on every day; those that no clock in Rome shows are left out. */
function localRome(stamp: string): number | null {
  const day = localDay('Europe/Rome', stamp.slice(0, 10));
  if (day.shifts.length > 0) return null;
  return day.start + (Number(stamp.slice(11, 13)) * 60 + Number(stamp.slice(14, 16))) * MS_PER_MINUTE;
}

/** One column as readings in whole micro-units, cut (not rounded) there as the vectors do. */
function column(file: string, name: string, toMs: (stamp: string) => number | null, divisor: bigint) {
  const [header, ...rows] = tableOf(file);
  const index = required(header, 'header').indexOf(name);
  const readings: [number, bigint][] = [];
  for (const row of rows) {
    const [ms, cell] = [toMs(row[0] ?? ''), row[index] ?? ''];
    if (ms === null || cell === '' || ms <= (readings.at(-1)?.[0] ?? -Infinity)) continue;
    const value = rationalOf(cell);
    readings.push([ms, (value.n * 1_000_000n) / (value.d * divisor)]);
  }
  return readings;
}

function tableOf(file: string): string[][] {
  const known = tables.get(file);
  if (known) return known;
  const text = gunzipSync(readFileSync(new URL(file, TEST_DATA))).toString('utf8');
  const rows = text
    .trimEnd()
    .split(/\r?\n/)
    .map((line) => line.split(','));
  tables.set(file, rows);
  return rows;
}

function readText(file: string): string {
  return readFileSync(new URL(file, TEST_DATA), 'utf8');
}
