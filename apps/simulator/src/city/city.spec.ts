import { join } from 'node:path';
import { MS_PER_DAY, instant, required } from '@gridpact/kernel';
import { describe, expect, it } from 'vitest';
import { MINIMUM_SITES } from './cast.js';
import { type City, buildCity } from './city.js';
import { timetable } from './timetable.js';

const DATA = join(import.meta.dirname, '../../../../test/data');
const times = timetable();
const start = required(times.intervals[0], 'first event interval').start;
const city = (count: number, seed = 'one'): City => buildCity(DATA, count, seed, times);

/** What a city is, with one reading of each site for its series. */
const drawn = ({ sites }: City) => sites.map((site) => ({ ...site, energyAt: site.energyAt(start) }));

const large = city(62);

describe('a city', () => {
  it('is the same for the same seed', () => {
    expect(drawn(city(62))).toEqual(drawn(large));
  });

  it('gives other parts for another seed, on the same real series', () => {
    const other = city(62, 'two');
    expect(other.sites.map(({ role }) => role)).not.toEqual(large.sites.map(({ role }) => role));
    expect(other.sites.map(({ origin }) => origin)).toEqual(large.sites.map(({ origin }) => origin));
  });

  it('has every named part at its smallest, and a site on the feeder that fails with none of them', () => {
    const { sites } = city(MINIMUM_SITES, 'any');
    const answers = new Set(sites.map(({ role }) => role.answer));
    const incidents = new Set(sites.map(({ role }) => role.incident));
    expect([...answers].sort()).toEqual(
      ['full', 'part', 'declines', 'changes-answer', 'too-late', 'replays-foreign', 'standing-offer', 'silent'].sort(),
    );
    expect([...incidents].sort()).toEqual(
      ['none', 'leaves', 'gap', 'wrong-reading', 'late-correction', 'duplicates'].sort(),
    );
    const dark = sites.filter(({ feeder }) => feeder === 'feeder-16');
    expect(dark.map(({ site }) => site)).toEqual(['site-016']);
  });

  it('uses each real series once before it shifts one, and says how many it shifted', () => {
    const { realSeries, shiftedSites, sites } = large;
    expect(shiftedSites).toBe(62 - realSeries);
    expect(sites.slice(0, realSeries).every(({ shiftedDays }) => shiftedDays === 0)).toBe(true);
    expect(new Set(sites.slice(0, realSeries).map(({ origin }) => origin)).size).toBe(realSeries);
    expect(sites.slice(realSeries).every(({ shiftedDays }) => shiftedDays === 7)).toBe(true);
  });

  it('shifts a series by whole weeks, so that its working days stay such', () => {
    const shifted = required(large.sites.at(large.realSeries), 'first shifted site');
    const original = required(
      large.sites.find(({ origin }) => origin === shifted.origin),
      'the site with the same series',
    );
    const weekEarlier = instant(start - 7 * MS_PER_DAY);
    expect(shifted.energyAt(start)).toBe(original.energyAt(weekEarlier));
    expect(shifted.energyAt(start)).toBeDefined();
  });

  it('asks no site for more than it uses, and spreads sites over all three aggregators', () => {
    for (const site of large.sites) {
      expect(site.capabilityWatt).toBeGreaterThan(0n);
      expect(site.capabilityWatt).toBeLessThan(site.maximumWatt);
    }
    expect(new Set(large.sites.map(({ aggregator }) => aggregator)).size).toBe(3);
  });
});
