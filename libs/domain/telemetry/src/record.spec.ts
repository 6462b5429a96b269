import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { intervalRecords, noveltyOf, observationsOf, standingRecord } from './record.js';
import { seriesRoot } from './series-root.js';
import { OBSERVATION, frameWith, hour, observationWith, readingWith } from './telemetry.fixture.js';

const rootsOf = (records: ReturnType<typeof intervalRecords>) =>
  [...Map.groupBy(records, (record) => record.meter).values()].map(seriesRoot);
const corrected = observationWith({ energyMicroKwh: 12n, frame: { gateway: 'gateway-1', seq: 9 }, sentAt: hour(20) });

describe('series of a set of observations', () => {
  it('is the same, root and all, in whatever order and however often they were heard', () => {
    const heard = fc.array(OBSERVATION, { minLength: 1, maxLength: 30 }).chain((observations) =>
      fc.record({
        once: fc.constant(observations),
        again: fc.shuffledSubarray(observations).chain((repeated) => {
          const all = [...observations, ...repeated];
          return fc.shuffledSubarray(all, { minLength: all.length });
        }),
      }),
    );
    fc.assert(
      fc.property(heard, ({ once, again }) => {
        const [first, second] = [intervalRecords(once), intervalRecords(again)];
        expect(second).toEqual(first);
        expect(rootsOf(second)).toEqual(rootsOf(first));
      }),
    );
  });

  it('holds one record per meter and interval, in order', () => {
    const records = intervalRecords([
      observationWith({ meter: 'meter-2' }),
      observationWith({ start: hour(15) }),
      observationWith(),
    ]);
    expect(records.map(({ meter, start }) => [meter, start])).toEqual([
      ['meter-1', hour(14)],
      ['meter-1', hour(15)],
      ['meter-2', hour(14)],
    ]);
  });
});

describe('record of one interval', () => {
  it('keeps version and first frame when the same value is said again', () => {
    const again = observationWith({ frame: { gateway: 'gateway-1', seq: 3 }, sentAt: hour(16) });
    expect(standingRecord([again, observationWith()])).toMatchObject({
      version: 1,
      frame: { gateway: 'gateway-1', seq: 1 },
    });
    expect(noveltyOf([observationWith()], again)).toBe('duplicate');
  });

  it('moves to a new version when a later frame corrects the value, whichever came first', () => {
    const expected = { version: 2, energyMicroKwh: 12n, frame: { gateway: 'gateway-1', seq: 9 } };
    expect(standingRecord([observationWith(), corrected])).toMatchObject(expected);
    expect(standingRecord([corrected, observationWith()])).toMatchObject(expected);
    expect(noveltyOf([observationWith()], corrected)).toBe('correction');
    expect(noveltyOf([corrected], observationWith())).toBe('superseded');
    expect(noveltyOf([], corrected)).toBe('first');
  });

  it('never lets an estimate replace a raw value', () => {
    const estimate = observationWith({ quality: 'estimated', energyMicroKwh: 99n, frame: null, sentAt: hour(40) });
    expect(standingRecord([observationWith(), estimate])).toMatchObject({ quality: 'raw', energyMicroKwh: 10n });
  });

  it('needs something to stand on', () => expect(() => standingRecord([])).toThrow('no observation'));
});

describe('observations of a frame', () => {
  it('name the frame that each value came in', () => {
    expect(observationsOf(frameWith({ readings: [readingWith()] }))).toEqual([
      {
        meter: 'meter-1',
        start: hour(14),
        stepMs: 3_600_000,
        energyMicroKwh: 15_600_000n,
        quality: 'raw',
        frame: { gateway: 'gateway-1', seq: 7 },
        sentAt: hour(15) + 5000,
      },
    ]);
  });
});
