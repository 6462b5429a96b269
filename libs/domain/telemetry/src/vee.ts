import { type Instant, type MicroKwh, type Watt, instantOf, plusMs } from '@gridpact/kernel';
import type { Frame, FrameReading } from './frame.js';

/** How far a gateway's clock may run ahead of ours. */
export const MAX_CLOCK_DRIFT_MS = 120_000;

/** What the register of meters says about one. */
export interface MeterProfile {
  readonly meter: string;
  readonly stepMs: number;
  /** Registered maximum power; no interval can hold more energy, in either direction. */
  readonly maximumWatt: Watt;
  /** True for a site with generation or storage, which may feed in. */
  readonly feedsIn: boolean;
}

/**
 * Why a reading is refused: another step than registered; not starting on a multiple of it; not over yet by more than
 * the drift allowed; negative on a meter that cannot feed in; more than the registered maximum power allows.
 */
export const VEE_CODES = ['wrong_step', 'off_step', 'in_future', 'negative', 'over_maximum'] as const;
export type VeeCode = (typeof VEE_CODES)[number];

/** Validates one reading against its meter's registration; null when nothing speaks against it, else the first reason. */
export function checkReading(reading: FrameReading, meter: MeterProfile, now: Instant): VeeCode | null {
  if (reading.stepMs !== meter.stepMs) return 'wrong_step';
  const start = instantOf(reading.start);
  if (start % meter.stepMs !== 0) return 'off_step';
  const end = plusMs(start, reading.stepMs);
  if (end > now + MAX_CLOCK_DRIFT_MS) return 'in_future';
  const energy = BigInt(reading.energyMicroKwh);
  if (energy < 0n && !meter.feedsIn) return 'negative';
  return exceeds(energy < 0n ? -energy : energy, meter) ? 'over_maximum' : null;
}

/** True when a gateway's clock runs further ahead than allowed: its frame cannot be placed in time. */
export function clockRunsAhead(frame: Frame, now: Instant): boolean {
  return instantOf(frame.sentAt) > now + MAX_CLOCK_DRIFT_MS;
}

/** Compared as products, since a watt over a minute is no whole micro-kWh: 1 micro-kWh is 1 W for 3600 ms. */
function exceeds(energyMicroKwh: MicroKwh, meter: MeterProfile): boolean {
  return energyMicroKwh * 3600n > meter.maximumWatt * BigInt(meter.stepMs);
}
