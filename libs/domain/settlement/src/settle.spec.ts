import type { RulePack } from '@gridpact/program';
import { describe, expect, it } from 'vitest';
import { EVENT_DATE, HOURS, flatLoad, hourText, inputsWith, lineWith, series } from './inputs.fixture.js';
import type { SettlementInputs, SettlementLine } from './inputs.js';
import { settleEvent } from './settle.js';

function settled(inputs: SettlementInputs) {
  const answer = settleEvent(inputs);
  if (!answer.ok) throw new Error(`${answer.refusal.code}: ${answer.refusal.detail}`);
  return answer.value;
}

function settledLine(changes: Partial<SettlementLine> = {}, pack: Partial<RulePack> = {}) {
  const [line] = settled(inputsWith([lineWith(changes)], pack)).lines;
  if (!line) throw new Error('no line');
  return line;
}

const codeOf = (inputs: SettlementInputs) => {
  const answer = settleEvent(inputs);
  return answer.ok ? null : answer.refusal.code;
};
const refusalOf = (changes: Partial<SettlementLine>) => codeOf(inputsWith([lineWith(changes)]));
const states = (line: ReturnType<typeof settledLine>) => line.intervals.map((interval) => interval.state);

describe('a line of an event', () => {
  it('that delivers what it promised is paid in full and split', () => {
    expect(settledLine()).toMatchObject({
      daysUsed: ['2026-07-14', '2026-07-13', '2026-07-10', '2026-07-09', '2026-07-08'],
      committedMicroKwh: '8000000',
      curtailmentMicroKwh: '8000000',
      ratio: { n: '1', d: '1' },
      coefficient: '1',
      paidMicroKwh: '8000000',
      amountFen: '1200',
      aggregatorFen: '240',
      userFen: '960',
      status: 'paid',
      reason: null,
    });
  });

  it('keeps the sign in each interval and clamps once, on the total', () => {
    const uneven = series((date, hour) =>
      date === EVENT_DATE && hour === 14 ? 12_000_000n : flatLoad(6n)(date, hour),
    );
    const line = settledLine({ series: uneven });
    expect(line.intervals.map((interval) => interval.curtailmentMicroKwh)).toEqual([
      '-2000000',
      '4000000',
      '4000000',
      '4000000',
    ]);
    expect(line).toMatchObject({ curtailmentMicroKwh: '10000000', paidMicroKwh: '9600000' });
  });

  it('is measured in reverse in a valley fill', () => {
    const line = settledLine({ series: series(flatLoad(12n)) }, { direction: 'valley-fill' });
    expect(line).toMatchObject({ curtailmentMicroKwh: '8000000', amountFen: '1200' });
  });

  it('of a 15-minute meter adds four readings, and four published baselines, to each hour', () => {
    expect(settledLine({ series: series(flatLoad(), 4) })).toMatchObject({
      intervals: HOURS.map(() => ({ baselineMicroKwh: '10000000', meteredMicroKwh: '8000000' })),
      amountFen: '1200',
    });
  });

  it('shows which intervals rest on filled-in readings', () => {
    const filled = { ...series(flatLoad()), estimated: [hourText(15)] };
    expect(settledLine({ series: filled }).intervals.map((interval) => interval.estimated)).toEqual([
      false,
      true,
      false,
      false,
    ]);
  });
});

describe('a line that earns nothing says why', () => {
  const gapAt = (gap: number) =>
    series((date, hour) => (date === EVENT_DATE && hour === gap ? null : flatLoad()(date, hour)));
  const short = series((date, hour) => (date < '2026-07-13' ? null : flatLoad()(date, hour)));

  it.each<[string, Partial<SettlementLine>]>([
    ['no_confirmation', { commitments: [] }],
    ['no_confirmation', { commitments: HOURS.map((hour) => ({ ...hour, watt: '0' })) }],
    ['withdrawn', { withdrawnAt: hourText(14) }],
    ['outage', { outages: [{ start: hourText(13), end: hourText(19) }] }],
    ['insufficient_baseline', { series: short }],
    ['missing_reading', { series: gapAt(16) }],
    ['no_curtailment', { series: series(flatLoad(11n)) }],
    ['no_curtailment', { series: series(flatLoad(10n)) }],
    ['below_tier', { commitments: HOURS.map((hour) => ({ ...hour, watt: '9000' })) }],
  ])('%s', (reason, changes) => {
    expect(settledLine(changes)).toMatchObject({
      status: 'unpaid',
      reason,
      amountFen: '0',
      userFen: '0',
      paidMicroKwh: '0',
    });
  });

  it('below_one_fen, with its energy shown', () => {
    const inputs = inputsWith([lineWith({ priceMicroCnyPerKwh: '1' })]);
    inputs.event.clearingPriceMicroCnyPerKwh = '1';
    expect(settled(inputs).lines[0]).toMatchObject({
      reason: 'below_one_fen',
      paidMicroKwh: '8000000',
      amountFen: '0',
    });
  });
});

describe('an interval counts', () => {
  it('neither in commitment nor in curtailment when an outage touches it', () => {
    const line = settledLine({ outages: [{ start: hourText(15), end: hourText(15.01) }] });
    expect(states(line)).toEqual(['counted', 'outage', 'counted', 'counted']);
    expect(line).toMatchObject({ committedMicroKwh: '6000000', curtailmentMicroKwh: '6000000', amountFen: '900' });
  });

  it('only when it was over before the user left', () => {
    const line = settledLine({ withdrawnAt: hourText(15.5) });
    expect(states(line)).toEqual(['counted', 'withdrawn', 'withdrawn', 'withdrawn']);
    expect(line).toMatchObject({ committedMicroKwh: '2000000', amountFen: '300', status: 'paid' });
    expect(states(settledLine({ withdrawnAt: hourText(16) }))[1]).toBe('counted');
  });

  it('only when something was confirmed for it', () => {
    const line = settledLine({ commitments: HOURS.slice(0, 2).map((hour) => ({ ...hour, watt: '2000' })) });
    expect(states(line)).toEqual(['counted', 'counted', 'uncommitted', 'uncommitted']);
    expect(line.amountFen).toBe('600');
  });

  it('even when a reading is missing where nothing counts', () => {
    const gap = series((date, hour) => (date === EVENT_DATE && hour === 17 ? null : flatLoad()(date, hour)));
    const line = settledLine({ series: gap, withdrawnAt: hourText(17) });
    expect(line).toMatchObject({ status: 'paid', amountFen: '900' });
  });
});

describe('baseline days of a line', () => {
  it('never are days with an outage or with another event', () => {
    const outages = [{ start: hourText(2, '2026-07-14'), end: hourText(3, '2026-07-14') }];
    const line = settledLine({ outages, eventDays: ['2026-07-13', EVENT_DATE] });
    expect(line.daysUsed).toEqual(['2026-07-10', '2026-07-09', '2026-07-08', '2026-07-07', '2026-07-06']);
    expect(line.daysRejected).toContainEqual({ date: '2026-07-14', code: 'outage' });
    expect(line.daysRejected).toContainEqual({ date: '2026-07-13', code: 'event_day' });
  });
});

describe('totals', () => {
  it('add up lines per aggregator and in all', () => {
    const outputs = settled(
      inputsWith([
        lineWith({ line: 'a', aggregator: 'aggregator-2' }),
        lineWith({ line: 'b' }),
        lineWith({ line: 'c', commitments: [] }),
      ]),
    );
    expect(outputs.aggregators.map(({ aggregator, totals }) => [aggregator, totals.lines, totals.amountFen])).toEqual([
      ['aggregator-1', 2, '1200'],
      ['aggregator-2', 1, '1200'],
    ]);
    expect(outputs.totals).toMatchObject({ lines: 3, amountFen: '2400', aggregatorFen: '480', userFen: '1920' });
  });
});

describe('a run is refused whole', () => {
  const wrongDay = (change: (inputs: SettlementInputs) => void) => {
    const inputs = structuredClone(inputsWith([lineWith()]));
    change(inputs);
    return codeOf(inputs);
  };

  it.each<[string, Partial<SettlementLine>]>([
    ['same_party', { user: 'aggregator-1' }],
    ['method_not_in_pack', { baselineMethod: 'CAISO_10OF10' }],
    ['price_out_of_bounds', { priceMicroCnyPerKwh: '4000001' }],
    ['price_mismatch', { priceMicroCnyPerKwh: '1499999' }],
    ['commitment_mismatch', { commitments: [{ start: hourText(14), end: hourText(16), watt: '1' }] }],
    ['commitment_mismatch', { commitments: HOURS.map((hour) => ({ ...hour, watt: '1' })).reverse() }],
    ['span_reversed', { outages: [{ start: hourText(15), end: hourText(14) }] }],
    ['step_mismatch', { series: { ...series(flatLoad()), stepMs: 7_200_000, start: hourText(1) } }],
    ['step_mismatch', { series: { ...series(flatLoad()), start: hourText(0.5) } }],
    ['step_mismatch', { series: { ...series(flatLoad()), stepMs: 3_599_000 } }],
    ['estimate_mismatch', { series: { ...series(flatLoad()), estimated: [hourText(30)] } }],
  ])('with %s when a line is faulty', (code, changes) => expect(refusalOf(changes)).toBe(code));

  it('when lines repeat or are out of order', () => {
    expect(codeOf(inputsWith([lineWith({ line: 'b' }), lineWith({ line: 'a' })]))).toBe('lines_not_sorted');
    expect(codeOf(inputsWith([lineWith(), lineWith()]))).toBe('lines_not_sorted');
  });

  it('when days, intervals or pack do not fit together', () => {
    expect(wrongDay((inputs) => inputs.days.shift())).toBe('days_inconsistent');
    expect(wrongDay((inputs) => inputs.days.splice(30, 1, ...inputs.days.slice(29, 30)))).toBe('days_inconsistent');
    expect(wrongDay((inputs) => Object.assign(inputs.days[3] ?? {}, { type: 'SAT' }))).toBe('day_type_mismatch');
    expect(wrongDay((inputs) => inputs.event.intervals.splice(1, 1))).toBe('intervals_not_consecutive');
    expect(wrongDay((inputs) => (inputs.rulePack.intervalMs = 7_200_000))).toBe('interval_mismatch');
    expect(wrongDay((inputs) => (inputs.rulePack.effectiveTo = '2026-07-14'))).toBe('pack_not_in_force');
    expect(wrongDay((inputs) => inputs.rulePack.tiers.splice(1, 1))).toBe('tier_hole');
    const nextDay = [{ start: hourText(14, '2026-07-16'), end: hourText(15, '2026-07-16') }];
    expect(wrongDay((inputs) => (inputs.event.intervals = nextDay))).toBe('intervals_outside_day');
  });
});
