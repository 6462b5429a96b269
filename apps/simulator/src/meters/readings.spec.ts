import { instant, instantOf } from '@gridpact/kernel';
import { describe, expect, it } from 'vitest';
import type { CitySite } from '../city/city.js';
import { readingsOf } from './readings.js';

const QUARTER_MS = 900_000;
const start = instantOf('2018-07-26T06:00:00.000Z');
const hour = { start, end: instant(start + 4 * QUARTER_MS) };

/** A site that uses 10 kWh every quarter of an hour, but for one quarter that its source lacks. */
const site: CitySite = {
  site: 'site-001',
  meter: 'meter-001',
  gateway: 'gw-01',
  feeder: 'feeder-1',
  aggregator: 'aggregator-1',
  origin: 'a series',
  shiftedDays: 0,
  stepMs: QUARTER_MS,
  baselineMethod: 'CN_TYP5',
  capabilityWatt: 10_000n,
  maximumWatt: 100_000n,
  role: { answer: 'full', percent: 100, incident: 'none' },
  energyAt: (at) => (at === start + 2 * QUARTER_MS ? undefined : 10_000_000n),
};
const energies = (watt: bigint, span = hour): string[] => {
  return readingsOf(site, hour, [{ span, watt }]).map(({ energyMicroKwh }) => energyMicroKwh);
};

describe('readings of a site', () => {
  it('are those of its real series, and a gap of the source stays a gap', () => {
    expect(readingsOf(site, hour).map(({ start: at, energyMicroKwh }) => [at, energyMicroKwh])).toEqual([
      ['2018-07-26T06:00:00.000Z', '10000000'],
      ['2018-07-26T06:15:00.000Z', '10000000'],
      ['2018-07-26T06:45:00.000Z', '10000000'],
    ]);
  });

  it('fall by exactly the energy of the power that is shed', () => {
    expect(energies(4_000n)).toEqual(['9000000', '9000000', '9000000']);
  });

  it('fall only in the span in which power is shed', () => {
    const firstQuarter = { start, end: instant(start + QUARTER_MS) };
    expect(energies(4_000n, firstQuarter)).toEqual(['9000000', '10000000', '10000000']);
  });

  it('never go below zero, whatever was promised', () => {
    expect(energies(1_000_000n)).toEqual(['0', '0', '0']);
  });
});
