import { type Instant, type Interval, formatInstant, instant, overlaps } from '@gridpact/kernel';
import type { FrameReading } from '@gridpact/telemetry';
import type { CitySite } from '../city/city.js';

/** Power that a site really sheds during a span, W; laid over its real series. */
export interface Shedding {
  readonly span: Interval;
  readonly watt: bigint;
}

/** Readings of a site's real series over a span, less what it sheds; source gaps stay gaps. */
export function readingsOf(site: CitySite, span: Interval, shedding: readonly Shedding[] = []): FrameReading[] {
  const readings: FrameReading[] = [];
  for (let at = span.start; at < span.end; at = instant(at + site.stepMs)) {
    const energy = site.energyAt(at);
    if (energy !== undefined) readings.push(readingOf(site, at, energy - shedMicroKwh(site, at, shedding)));
  }
  return readings;
}

/** One raw reading. */
export function readingOf(site: CitySite, start: Instant, energyMicroKwh: bigint): FrameReading {
  const energy = energyMicroKwh < 0n ? 0n : energyMicroKwh;
  return {
    meter: site.meter,
    start: formatInstant(start),
    stepMs: site.stepMs,
    energyMicroKwh: energy.toString(),
    quality: 'raw',
  };
}

function shedMicroKwh(site: CitySite, start: Instant, shedding: readonly Shedding[]): bigint {
  const interval = { start, end: instant(start + site.stepMs) };
  const watt = shedding.filter(({ span }) => overlaps(span, interval)).reduce((sum, shed) => sum + shed.watt, 0n);
  return (watt * BigInt(site.stepMs)) / 3600n;
}
