import { instantOf } from '@gridpact/kernel';
import type { RulePack } from '@gridpact/program';
import { enrolmentAgreed } from '@gridpact/statement';
import { describe, expect, it } from 'vitest';
import { type KnownSite, type NewSite, type RowError, contractOf, newSite, newSites, rowErrors } from './site-rows.js';

const row: NewSite = newSite.parse({
  site: 'site-1',
  meter: 'meter-1',
  gateway: 'gw-01',
  feeder: 'feeder-1',
  area: 'yiwu',
  program: 'program-1',
  capabilityWatt: '5000',
  userName: 'Mill 1',
  baselineMethod: 'CN_TYP5',
  aggregatorPercent: '20',
  silence: 'declined',
});
const pack = { baselineMethods: ['CN_TYP5'] } as unknown as RulePack;
const known: KnownSite = {
  site: 'site-1',
  meter: 'meter-1',
  gateway: 'gw-01',
  feeder: 'feeder-1',
  area: 'yiwu',
  user: 'u',
};

function errorsOf(rows: NewSite[], sites: KnownSite[] = []): RowError[] {
  return rowErrors(rows, { programs: new Map([['program-1', pack]]), sites });
}

describe('rows to enrol', () => {
  it('are good when new, and when they repeat a known site', () => {
    expect(errorsOf([row, { ...row, site: 'site-2', meter: 'meter-2' }])).toEqual([]);
    expect(errorsOf([row], [known])).toEqual([]);
  });

  it.each<[RowError['code'], Partial<NewSite>, KnownSite[]]>([
    ['unknown_program', { program: 'program-2' }, []],
    ['method_not_in_program', { baselineMethod: 'PJM_4OF5' }, []],
    ['site_differs', { feeder: 'feeder-2' }, [known]],
    ['meter_taken', { site: 'site-2' }, [known]],
  ])('are refused as %s', (code, changes, sites) => {
    const errors = errorsOf([{ ...row, ...changes }], sites);
    expect(errors).toMatchObject([{ row: 0, code }]);
  });

  it('are refused where one names the site or the meter of another', () => {
    const errors = errorsOf([row, { ...row, meter: 'meter-2' }, { ...row, site: 'site-3' }]);
    expect(errors.map(({ row: at, code }) => [at, code])).toEqual([
      [1, 'repeated'],
      [2, 'repeated'],
    ]);
  });

  it('are at most 200, and each can curtail something', () => {
    expect(newSites.safeParse(Array.from({ length: 201 }, () => row)).success).toBe(false);
    expect(newSite.safeParse({ ...row, capabilityWatt: '0' }).success).toBe(false);
  });
});

it('proposes a contract that the statement schema takes, from now and with a term of consent', () => {
  const parties = { enrolment: 'enrolment-1', aggregator: 'aggregator-1', user: 'user-1' };
  const contract = contractOf(row, parties, instantOf('2018-07-25T00:00:00.000Z'));
  expect(enrolmentAgreed.parse(contract)).toMatchObject({ ...parties, from: '2018-07-25T00:00:00.000Z' });
  expect(contract.consent.until).toBe('2021-07-25T00:00:00.000Z');
});
