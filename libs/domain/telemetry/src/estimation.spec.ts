import { describe, expect, it } from 'vitest';
import { estimateGaps, gapsOf } from './estimation.js';
import { intervalRecords } from './record.js';
import { HOUR_MS, hour, observationWith } from './telemetry.fixture.js';

const at = (n: number, energyMicroKwh = 10n) => observationWith({ start: hour(n), energyMicroKwh });
const within = { start: hour(10), end: hour(16) };
const fill = (...observations: ReturnType<typeof at>[]) =>
  estimateGaps(intervalRecords(observations), within, HOUR_MS, hour(30));

describe('gaps', () => {
  it('are found between, before and behind records', () => {
    const records = intervalRecords([at(11), at(14)]);
    expect(gapsOf(records, within, HOUR_MS)).toEqual([
      { start: hour(10), end: hour(11) },
      { start: hour(12), end: hour(14) },
      { start: hour(15), end: hour(16) },
    ]);
    expect(gapsOf([], within, HOUR_MS)).toEqual([within]);
  });

  it('are none in a full series, whatever lies outside', () => {
    const full = [9, 10, 11, 12, 13, 14, 15, 16].map((n) => at(n));
    expect(gapsOf(intervalRecords(full), within, HOUR_MS)).toEqual([]);
  });
});

describe('estimation', () => {
  it('draws a straight line through at most two hours, flagged, without a frame', () => {
    const filled = fill(at(10), at(11, 10n), at(14, 20n), at(15));
    expect(filled.map(({ start, energyMicroKwh, quality, frame }) => [start, energyMicroKwh, quality, frame])).toEqual([
      [hour(12), 13n, 'estimated', null],
      [hour(13), 17n, 'estimated', null],
    ]);
  });

  it('leaves longer gaps and gaps at an end open', () => {
    expect(fill(at(10), at(14), at(15))).toEqual([]);
    expect(fill(at(11), at(12), at(13), at(14))).toEqual([]);
  });

  it('never builds on an estimate', () => {
    const guess = observationWith({ start: hour(12), quality: 'estimated', frame: null });
    expect(fill(at(10), at(11), guess, at(14), at(15))).toEqual([]);
  });

  it('gives way to the raw reading whenever that comes, as a new version', () => {
    const known = [at(10), at(11), at(13), at(14), at(15)];
    const filled = fill(...known);
    const [record] = intervalRecords([at(12, 77n), ...filled]);
    expect(record).toMatchObject({ energyMicroKwh: 77n, quality: 'raw', version: 2 });
  });
});
