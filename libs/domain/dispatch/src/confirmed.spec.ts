import { instant, type Instant } from '@gridpact/kernel';
import { expect, it } from 'vitest';
import { confirmedWatt } from './confirmed.js';

const at = (hour: number): Instant => instant(hour * 3_600_000);
const interval = (hour: number, watt: bigint) => ({ start: at(hour), end: at(hour + 1), watt });

it('adds what sites confirmed per interval of the event, and nothing outside it', () => {
  const terms = {
    event: 'ev-1',
    program: 'p-1',
    intervals: [10, 11].map((hour) => ({ start: at(hour), end: at(hour + 1), needWatt: 500n })),
    priceCapMicroCnyPerKwh: 1n,
    gateClosesAt: at(1),
    revealBy: at(2),
    confirmBy: at(3),
  };
  const answers = [
    { site: 'a', intervals: [interval(10, 100n), interval(11, 50n)] },
    { site: 'b', intervals: [interval(11, 20n), interval(12, 999n)] },
    { site: 'c', intervals: [] },
  ];
  expect(confirmedWatt(terms, answers)).toEqual([100n, 70n]);
});
