import { instantOf, plusMs } from '@gridpact/kernel';
import { describe, expect, it } from 'vitest';
import type { FrameReading } from './frame.js';
import { HOUR_MS, frameWith, readingWith } from './telemetry.fixture.js';
import { MAX_CLOCK_DRIFT_MS, type MeterProfile, checkReading, clockRunsAhead } from './vee.js';

const meter: MeterProfile = { meter: 'meter-1', stepMs: HOUR_MS, maximumWatt: 20_000n, feedsIn: false };
const now = instantOf('2026-07-15T15:00:00.000Z');
const check = (changes: Partial<FrameReading>, profile: Partial<MeterProfile> = {}) =>
  checkReading(readingWith(changes), { ...meter, ...profile }, now);

describe('validation of a reading', () => {
  it('finds nothing against a plausible one', () => {
    expect(check({})).toBeNull();
    expect(check({ energyMicroKwh: '20000000' })).toBeNull();
    expect(check({ energyMicroKwh: '0' })).toBeNull();
  });

  it.each<[string, Partial<FrameReading>]>([
    ['wrong_step', { stepMs: 900_000 }],
    ['off_step', { start: '2026-07-15T13:30:00.000Z' }],
    ['in_future', { start: '2026-07-15T15:00:00.000Z' }],
    ['negative', { energyMicroKwh: '-1' }],
    ['over_maximum', { energyMicroKwh: '20000001' }],
  ])('refuses %s', (code, changes) => expect(check(changes)).toBe(code));

  it('lets a site with generation feed in, up to the same power', () => {
    expect(check({ energyMicroKwh: '-20000000' }, { feedsIn: true })).toBeNull();
    expect(check({ energyMicroKwh: '-20000001' }, { feedsIn: true })).toBe('over_maximum');
  });

  it('bears a minute meter whose maximum is no whole micro-kWh', () => {
    const minute = { start: '2026-07-15T14:00:00.000Z', stepMs: 60_000 };
    expect(check({ ...minute, energyMicroKwh: '16' }, { stepMs: 60_000, maximumWatt: 1n })).toBeNull();
    expect(check({ ...minute, energyMicroKwh: '17' }, { stepMs: 60_000, maximumWatt: 1n })).toBe('over_maximum');
  });

  it('allows a clock to run ahead by the drift allowed and no more', () => {
    const sentAt = instantOf(frameWith().sentAt);
    expect(clockRunsAhead(frameWith(), plusMs(sentAt, -MAX_CLOCK_DRIFT_MS))).toBe(false);
    expect(clockRunsAhead(frameWith(), plusMs(sentAt, -MAX_CLOCK_DRIFT_MS - 1))).toBe(true);
  });
});
