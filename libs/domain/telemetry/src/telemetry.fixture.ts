import { type Instant, instant, instantOf } from '@gridpact/kernel';
import fc from 'fast-check';
import type { Frame, FrameReading } from './frame.js';
import type { Observation } from './record.js';

export const HOUR_MS = 3_600_000;
export const MIDNIGHT = instantOf('2026-07-15T00:00:00.000Z');

/** The n-th hour after midnight. */
export function hour(n: number): Instant {
  return instant(MIDNIGHT + n * HOUR_MS);
}

export function readingWith(changes: Partial<FrameReading> = {}): FrameReading {
  const plain = { meter: 'meter-1', start: '2026-07-15T14:00:00.000Z', stepMs: HOUR_MS, energyMicroKwh: '15600000' };
  return { ...plain, quality: 'raw', ...changes };
}

export function frameWith(changes: Partial<Frame> = {}): Frame {
  const plain = { v: 1 as const, gateway: 'gateway-1', seq: 7, sentAt: '2026-07-15T15:00:05.000Z' };
  return { ...plain, readings: [readingWith()], ...changes };
}

export function observationWith(changes: Partial<Observation> = {}): Observation {
  return {
    meter: 'meter-1',
    start: hour(14),
    stepMs: HOUR_MS,
    energyMicroKwh: 10n,
    quality: 'raw',
    frame: { gateway: 'gateway-1', seq: 1 },
    sentAt: hour(15),
    ...changes,
  };
}

/** Few meters, hours, gateways and values, so that duplicates, corrections and ties are common. */
export const OBSERVATION: fc.Arbitrary<Observation> = fc.record({
  meter: fc.constantFrom('meter-1', 'meter-2'),
  start: fc.integer({ min: 0, max: 3 }).map(hour),
  stepMs: fc.constant(HOUR_MS),
  energyMicroKwh: fc.bigInt({ min: 0n, max: 4n }),
  quality: fc.constantFrom('raw' as const, 'estimated' as const),
  frame: fc.option(fc.record({ gateway: fc.constantFrom('g-1', 'g-2'), seq: fc.nat(4) })),
  sentAt: fc.integer({ min: 4, max: 6 }).map(hour),
});
