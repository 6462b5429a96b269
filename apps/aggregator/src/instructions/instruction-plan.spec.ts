import { energyMicroKwh, instantOf } from '@gridpact/kernel';
import { describe, expect, it } from 'vitest';
import { askedIntervals, leaf } from '../answers/answer.fixture.js';
import { type EnrolledSite, planInstructions, userFen } from './instruction-plan.js';

const award = {
  statement: leaf('a'),
  body: {
    event: 'event-1',
    aggregator: 'aggregator-1',
    priceMicroCnyPerKwh: '1200000',
    intervals: askedIntervals.map((interval) => ({ ...interval, watt: '10000' })),
  },
};

function site(name: string, capabilityWatt: string, aggregatorPercent = '20'): EnrolledSite {
  const contract = {
    enrolment: `enrolment-${name}`,
    program: 'program-1',
    aggregator: 'aggregator-1',
    user: `user-${name}`,
    site: name,
    meter: `meter-${name}`,
    feeder: 'feeder-1',
    capabilityWatt,
    baselineMethod: 'CN_TYP5' as const,
    split: { kind: 'share' as const, aggregatorPercent },
    penaltyPassThrough: false,
    silence: 'declined' as const,
    consent: { purpose: 'settlement', until: '2021-01-01T00:00:00.000Z' },
    from: '2018-07-01T00:00:00.000Z',
  };
  return { enrolment: contract.enrolment, enrolmentStatement: leaf('e'), contract, standing: false };
}

const plan = (sites: EnrolledSite[]) =>
  planInstructions(award, sites, '2018-07-26T02:00:00.000Z', (name) => `for-${name}`);

describe('an award', () => {
  it('goes to the sites with a tenth of reserve, the cheapest first', () => {
    const { instructions, binding } = plan([site('dear', '8000', '10'), site('cheap', '8000', '30')]);
    expect(binding).toBeNull();
    expect(instructions.map(({ body }) => [body.site, ...body.intervals.map(({ watt }) => watt)])).toEqual([
      ['cheap', '8000', '8000'],
      ['dear', '3000', '3000'],
    ]);
  });

  it('names award, enrolment, deadline and price in each instruction', () => {
    const [one] = plan([site('a', '20000')]).instructions;
    expect(one).toMatchObject({
      user: 'user-a',
      enrolmentStatement: leaf('e'),
      body: {
        instruction: 'for-a',
        award: leaf('a'),
        enrolment: 'enrolment-a',
        enrolmentStatement: leaf('e'),
        confirmBy: '2018-07-26T02:00:00.000Z',
        priceMicroCnyPerKwh: '1200000',
        estimatedFen: '2112',
      },
    });
  });

  it('that the sites cannot deliver asks all of them in full and says what is missing', () => {
    const { instructions, binding } = plan([site('a', '4000')]);
    expect(instructions).toHaveLength(1);
    expect(binding).toMatchObject({ code: 'capability_below_award', missingWatt: 6000n });
  });

  it('to nobody gives no instruction', () => {
    expect(plan([])).toMatchObject({ instructions: [], binding: { code: 'capability_below_award' } });
  });
});

describe('the estimate', () => {
  it('is the user’s share of energy times price, rounded once half-even', () => {
    const start = instantOf('2018-07-26T06:00:00.000Z');
    const hour = { start, end: instantOf('2018-07-26T07:00:00.000Z'), watt: 1000n };
    expect(energyMicroKwh(1000n, hour)).toBe(1_000_000n);
    expect(userFen([hour], 1_000_000n, site('a', '1', '0').contract)).toBe(100n);
    expect(userFen([hour], 1_000_000n, site('a', '1', '99.5').contract)).toBe(0n);
    expect(userFen([hour], 3_000_000n, site('a', '1', '99.5').contract)).toBe(2n);
  });
});
