import { type Instant, MS_PER_DAY, MS_PER_HOUR, instant } from '@gridpact/kernel';
import type { BaselineMethod } from '@gridpact/program';
import { type Role, roleOf } from './cast.js';
import { Dice } from './dice.js';
import { type CivilSeries, realSeries } from './series.js';
import { type Timetable, HISTORY_DAYS } from './timetable.js';

/** Shanghai's clock is eight hours ahead of UTC the whole year. */
const CITY_OFFSET_MS = 8 * MS_PER_HOUR;
const AGGREGATORS = ['aggregator-1', 'aggregator-2', 'aggregator-3'] as const;
/** Two gateways for each aggregator. */
const GATEWAYS = 6;
/** One more than the named parts, so that the feeder that fails carries none of them. */
const FEEDERS = 16;
/** Sites whose series are shifted take it from this many days earlier, a whole week so that working days stay such. */
const SHIFT_DAYS = 7;
/** Share of its mean load at event hours that a site can curtail, percent. */
const CAPABILITY_PERCENT = 30n;

/** One site of the played city: a real series with a contract, a meter and a part to play. */
export interface CitySite {
  readonly site: string;
  readonly meter: string;
  readonly gateway: string;
  readonly feeder: string;
  readonly aggregator: string;
  readonly origin: string;
  /** Days by which a series that already serves another site is shifted; 0 for its first use. */
  readonly shiftedDays: number;
  readonly stepMs: number;
  readonly baselineMethod: BaselineMethod;
  readonly capabilityWatt: bigint;
  readonly maximumWatt: bigint;
  readonly role: Role;
  /** Real energy of the interval that starts at a business instant, micro-kWh; undefined where the source has a gap. */
  energyAt(start: Instant): bigint | undefined;
}

/** The played city: its sites, and how many of them are shifted copies. */
export interface City {
  readonly sites: readonly CitySite[];
  readonly realSeries: number;
  readonly shiftedSites: number;
  readonly dice: Dice;
}

/** Builds a city of `count` sites from the real series in `folder`, the same for the same seed. */
export function buildCity(folder: string, count: number, seed: string, times: Timetable): City {
  const dice = new Dice(seed);
  const span = {
    from: times.historyFrom + CITY_OFFSET_MS - SHIFT_DAYS * Math.ceil(count / 50) * MS_PER_DAY,
    to: times.eventDay + CITY_OFFSET_MS + 2 * MS_PER_DAY,
  };
  const usable = realSeries(folder, span).filter((series) => isComplete(series, times));
  const sites = Array.from({ length: count }, (_, index) => siteOf(index, usable, dice, times));
  return {
    sites,
    realSeries: usable.length,
    shiftedSites: sites.filter(({ shiftedDays }) => shiftedDays > 0).length,
    dice,
  };
}

function siteOf(index: number, usable: readonly CivilSeries[], dice: Dice, times: Timetable): CitySite {
  const series = usable[index % usable.length];
  if (!series) throw new Error('no real series covers the event and its history');
  const shiftedDays = Math.floor(index / usable.length) * SHIFT_DAYS;
  const number = String(index + 1).padStart(3, '0');
  const energyAt = (start: Instant): bigint | undefined =>
    series.energyAt.get(start + CITY_OFFSET_MS - shiftedDays * MS_PER_DAY);
  const hourly = meanHourly(energyAt, series.stepMs, times);
  return {
    site: `site-${number}`,
    meter: `meter-${number}`,
    gateway: `gw-${String((index % GATEWAYS) + 1).padStart(2, '0')}`,
    feeder: `feeder-${(index % FEEDERS) + 1}`,
    aggregator: AGGREGATORS[index % AGGREGATORS.length] ?? AGGREGATORS[0],
    origin: series.origin,
    shiftedDays,
    stepMs: series.stepMs,
    baselineMethod: index % 2 === 0 ? 'CN_TYP5' : 'CAISO_10OF10_ADJ',
    capabilityWatt: (hourly * CAPABILITY_PERCENT) / 100_000n,
    maximumWatt: 10n * (hourly / 1000n) + 1000n,
    role: roleOf(index, dice),
    energyAt,
  };
}

/** Mean energy of an event hour over the history, micro-kWh; divided by 1000 it is the mean power in W. */
function meanHourly(energyAt: (start: Instant) => bigint | undefined, stepMs: number, times: Timetable): bigint {
  let total = 0n;
  let hours = 0n;
  for (let day = 1; day <= HISTORY_DAYS; day += 1) {
    for (const { start, end } of times.intervals) {
      for (let at = start - day * MS_PER_DAY; at < end - day * MS_PER_DAY; at += stepMs)
        total += energyAt(instant(at)) ?? 0n;
      hours += 1n;
    }
  }
  return total / hours;
}

/** True when a series has every reading of the event day and of the working hours before it. */
function isComplete(series: CivilSeries, times: Timetable): boolean {
  const from = times.historyFrom + CITY_OFFSET_MS;
  const to = times.eventDay + CITY_OFFSET_MS + MS_PER_DAY;
  for (let at = from; at < to; at += series.stepMs) if (!series.energyAt.has(at)) return false;
  return true;
}
