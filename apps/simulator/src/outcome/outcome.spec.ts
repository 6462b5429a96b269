import { describe, expect, it } from 'vitest';
import { type Outcome, quantile } from './outcome.js';
import { reportHtml } from './report.js';
import { cny, kwh, outcomeText } from './table.js';

const row = {
  party: 'aggregator-1',
  sites: 2,
  awardedMicroKwh: 2_000_000n,
  confirmedMicroKwh: 2_000_000n,
  deliveredMicroKwh: 1_500_000n,
  amountFen: 305n,
  aggregatorFen: 61n,
  userFen: 244n,
};

const outcome: Outcome = {
  event: 'event-1',
  date: '2018-07-26',
  seed: 's',
  sites: 2,
  realSeries: 1,
  shiftedSites: 1,
  rows: [row],
  total: { ...row, party: 'all' },
  runs: [{ run: 1, kind: 'INITIAL', cause: 'event ended', amountFen: 305n, differenceFen: 305n }],
  refused: [{ who: 'user <x>', what: 'confirm', code: 'deadline_passed', detail: 'too late' }],
  statementsByType: { 'log.genesis': 1 },
  messagesByTopic: { 'ledger.receipt.v1': 1 },
  log: { origin: 'gridpact.local/log', size: 9, root: 'ab', cosigners: ['regulator'] },
  receiptMs: { count: 3, p50: 2, p99: 3 },
  readings: { count: 10, perSecond: 5 },
  dossiers: [{ holder: 'regulator', path: 'x.dossier', bytes: 5 }],
  curves: { all: [{ label: '14:00', baselineKw: 3, targetKw: 2, actualKw: 2.25 }] },
  stack: [{ aggregator: 'aggregator-1', priceMicroCnyPerKwh: 1_200_000n, watt: 2000n, acceptedWatt: 1500n }],
  chain: [
    {
      index: 0,
      type: 'log.genesis',
      by: 'power-company',
      at: '2018-07-25T00:00:00.000Z',
      leafHash: 'ab'.repeat(32),
      parents: [],
    },
  ],
};

describe('the outcome', () => {
  it('writes money and energy without floats, negative ones too', () => {
    expect([cny(305n), cny(-5n), kwh(1_950_000n), kwh(-100_000n)]).toEqual(['3.05', '-0.05', '1.9', '-0.1']);
  });

  it('says that copies of series are shifted, and shows each party with its response ratio', () => {
    const text = outcomeText(outcome);
    expect(text).toContain('1 of them copies shifted by whole weeks');
    expect(text).toMatch(/aggregator-1 +2 +2\.0 +2\.0 +1\.5 +75\.0 % +3\.05 +0\.61 +2\.44/);
    expect(text).toContain('deadline_passed');
  });

  it('becomes one page without scripts or links to elsewhere, with its texts escaped', () => {
    const html = reportHtml(outcome);
    expect(html).toContain('user &lt;x&gt;');
    expect(html.match(/<svg/g)).toHaveLength(2);
    expect(html).not.toMatch(/<script|src=|href="http/);
  });

  it('takes quantiles by nearest rank', () => {
    expect([quantile([3, 1, 2], 0.5), quantile([3, 1, 2], 0.99), quantile([], 0.5)]).toEqual([2, 3, 0]);
  });
});
