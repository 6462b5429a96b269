import { resolveDays } from '@gridpact/baseline';
import { MS_PER_HOUR, formatInstant, instant, localDayBounds, required } from '@gridpact/kernel';
import type { RulePack } from '@gridpact/program';
import type { SealedSeries, SettlementInputs, SettlementLine } from './inputs.js';
import { sealedDays } from './run.js';

/** A Wednesday. */
export const EVENT_DATE = '2026-07-15';
export const ZONE = 'Asia/Shanghai';

/** The tiers of the known answers: an example, no province's rule. */
export const PACK: RulePack = {
  name: 'example-peak-cut',
  version: '1.0.0',
  status: 'example',
  sources: [],
  effectiveFrom: '2026-01-01',
  effectiveTo: null,
  zone: ZONE,
  responseType: 'day-ahead-invited',
  direction: 'peak-cut',
  noticeLeadMs: 3_600_000,
  minimumNominationWatt: '0',
  intervalMs: 3_600_000,
  priceCapMicroCnyPerKwh: '4000000',
  priceFloorMicroCnyPerKwh: '0',
  pricing: 'uniform',
  baselineMethods: ['CN_TYP5', 'PJM_4OF5_SAA'],
  tiers: [
    { from: '0', to: '0.5', coefficient: '0' },
    { from: '0.5', to: '0.8', coefficient: '0.6' },
    { from: '0.8', to: null, coefficient: '1' },
  ],
  capRatio: '1.2',
  negativeEvent: 'zero',
  rounding: 'half-even',
  silence: 'declined',
  calendar: { name: 'none', holidays: [], workdays: [] },
};

const DAYS = resolveDays(ZONE, PACK.calendar, EVENT_DATE);

/** RFC 3339 text of a local hour of a date. */
export function hourText(hour: number, date = EVENT_DATE): string {
  return formatInstant(instant(localDayBounds(ZONE, date).start + hour * MS_PER_HOUR));
}

/** Four hours, 14 to 18. */
export const HOURS = [14, 15, 16, 17].map((hour) => ({ start: hourText(hour), end: hourText(hour + 1) }));

/** Micro-kWh of a local hour; null is a gap. */
export type Load = (date: string, hour: number) => bigint | null;

/** 10 kWh every hour, and `used` kWh in the four hours of the event. */
export function flatLoad(used = 8n): Load {
  return (date, hour) => (date === EVENT_DATE && hour >= 14 && hour < 18 ? used : 10n) * 1_000_000n;
}

/** The load over all sealed days, read `perHour` times an hour in equal parts. */
export function series(load: Load, perHour = 1): SealedSeries {
  const hours = DAYS.flatMap(({ date }) => Array.from({ length: 24 }, (_, hour) => load(date, hour)));
  const part = (energy: bigint | null) => (energy === null ? null : String(energy / BigInt(perHour)));
  return {
    start: formatInstant(required(DAYS[0], 'first day').start),
    stepMs: MS_PER_HOUR / perHour,
    energyMicroKwh: hours.flatMap((energy) => Array.from({ length: perHour }, () => part(energy))),
    estimated: [],
    roots: ['00'.repeat(32)],
  };
}

/** A site that promised 2 kW in each of the four hours. */
export function lineWith(changes: Partial<SettlementLine> = {}): SettlementLine {
  return {
    line: 'line-1',
    site: 'site-1',
    enrolment: 'enrolment-1',
    aggregator: 'aggregator-1',
    user: 'user-1',
    meter: 'meter-1',
    baselineMethod: 'CN_TYP5',
    split: { kind: 'share', aggregatorPercent: '20' },
    priceMicroCnyPerKwh: '1500000',
    commitments: HOURS.map((hour) => ({ ...hour, watt: '2000' })),
    withdrawnAt: null,
    outages: [],
    eventDays: [],
    series: series(flatLoad()),
    ...changes,
  };
}

/** A run over the lines. */
export function inputsWith(lines: SettlementLine[], pack: Partial<RulePack> = {}): SettlementInputs {
  return {
    v: 1,
    event: { event: 'event-1', program: 'program-1', intervals: HOURS, clearingPriceMicroCnyPerKwh: '1500000' },
    rulePack: { ...PACK, ...pack },
    days: sealedDays(DAYS),
    lines,
  };
}
