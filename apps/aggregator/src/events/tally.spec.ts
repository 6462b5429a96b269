import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { askedIntervals, exampleAnswer, exampleInstruction, leaf } from '../answers/answer.fixture.js';
import { type InstructionOutcome, tally } from './tally.js';

const award = {
  event: 'event-1',
  aggregator: 'aggregator-1',
  priceMicroCnyPerKwh: '1200000',
  intervals: askedIntervals.map((interval) => ({ ...interval, watt: '9000' })),
};

function outcome(changes: Partial<InstructionOutcome> = {}): InstructionOutcome {
  const answer = exampleAnswer().body;
  return { instruction: exampleInstruction(), answer, silent: false, withdrawnFrom: null, ...changes };
}

describe('a tally', () => {
  it('parts what was asked by what the sites said', () => {
    const [first, second] = askedIntervals;
    const part = exampleAnswer({ answer: 'part', intervals: askedIntervals.map((one) => ({ ...one, watt: '1000' })) });
    const outcomes = [
      outcome(),
      outcome({ answer: part.body }),
      outcome({ answer: null }),
      outcome({ answer: null, silent: true }),
      outcome({ withdrawnFrom: second?.start ?? leaf('0') }),
    ];
    expect(tally(award, outcomes)).toEqual([
      {
        start: first?.start,
        end: first?.end,
        awardedWatt: '9000',
        instructedWatt: '25000',
        confirmedWatt: '11000',
        declinedWatt: '4000',
        silentWatt: '5000',
        withdrawnWatt: '0',
        waitingWatt: '5000',
      },
      {
        start: second?.start,
        end: second?.end,
        awardedWatt: '9000',
        instructedWatt: '15000',
        confirmedWatt: '4000',
        declinedWatt: '2000',
        silentWatt: '3000',
        withdrawnWatt: '3000',
        waitingWatt: '3000',
      },
    ]);
  });

  it('counts an interval in which the user left as withdrawn as a whole', () => {
    const [tallied] = tally(award, [outcome({ withdrawnFrom: '2018-07-26T06:59:59.999Z' })]);
    expect(tallied).toMatchObject({ confirmedWatt: '0', withdrawnWatt: '5000' });
  });

  it('is empty without an award', () => {
    expect(tally(null, [])).toEqual([]);
  });

  it('loses nothing, whatever the sites said', () => {
    const watt = fc.integer({ min: 0, max: 5000 }).map(String);
    const any = fc.record({
      answered: fc.boolean(),
      silent: fc.boolean(),
      left: fc.boolean(),
      first: watt,
      second: watt,
    });
    fc.assert(
      fc.property(fc.array(any, { maxLength: 20 }), (sites) => {
        const outcomes = sites.map(({ answered, silent, left, first, second }) => {
          const intervals = askedIntervals.map((one, at) => ({ ...one, watt: at === 0 ? first : second }));
          const answer = answered ? exampleAnswer({ answer: 'part', intervals }).body : null;
          return outcome({ answer, silent, withdrawnFrom: left ? (askedIntervals[1]?.start ?? null) : null });
        });
        for (const [at, one] of tally(award, outcomes).entries()) {
          const parts = [one.confirmedWatt, one.declinedWatt, one.silentWatt, one.withdrawnWatt, one.waitingWatt];
          const asked = BigInt(askedIntervals[at]?.watt ?? 0) * BigInt(sites.length);
          expect(parts.reduce((sum, part) => sum + BigInt(part), 0n)).toBe(asked);
          expect(BigInt(one.instructedWatt)).toBe(asked);
        }
      }),
    );
  });
});
