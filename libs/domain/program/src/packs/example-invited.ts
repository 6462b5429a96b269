import type { Calendar, RulePack } from '../rule-pack.js';

/**
 * Day-ahead invited peak cut, as an example: every figure is made up to look like the programmes of the region, and no
 * public text confirms it (tiers of 50 and 80 % are widely repeated, 4 CNY/kWh was a cap in Quzhou in 2022). Prices in
 * 1e-6 CNY/kWh, power in W. The calendar (holidays, make-up workdays) is the caller's, since it changes by year.
 */
export function examplePack(calendar: Calendar): RulePack {
  return {
    name: 'example-day-ahead-invited',
    version: '1.0.0',
    status: 'example',
    sources: ['Example figures of the Gridpact project; not a rule of any province'],
    effectiveFrom: '2000-01-01',
    effectiveTo: null,
    zone: 'Asia/Shanghai',
    responseType: 'day-ahead-invited',
    direction: 'peak-cut',
    noticeLeadMs: 4 * 3_600_000,
    minimumNominationWatt: '10000',
    intervalMs: 3_600_000,
    priceCapMicroCnyPerKwh: '4000000',
    priceFloorMicroCnyPerKwh: '0',
    pricing: 'uniform',
    baselineMethods: ['CN_TYP5', 'CAISO_10OF10_ADJ'],
    tiers: [
      { from: '0', to: '0.5', coefficient: '0' },
      { from: '0.5', to: '0.8', coefficient: '0.6' },
      { from: '0.8', to: null, coefficient: '1' },
    ],
    capRatio: '1.2',
    negativeEvent: 'zero',
    rounding: 'half-even',
    silence: 'declined',
    calendar,
  };
}
