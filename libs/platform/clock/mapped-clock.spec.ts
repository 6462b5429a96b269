import { instant, machineInstant, plusMs } from '@gridpact/kernel';
import { describe, expect, it } from 'vitest';
import { MappedClock } from './mapped-clock.js';

const EPOCH = machineInstant(1_000_000);
const NOON = instant(5_000_000);

describe('a business clock', () => {
  it('equals machine time until it is set', () => {
    expect(clockAt(0).clock.now()).toBe(1_000_000);
    expect(clockAt(0).clock.revision()).toBe(0);
  });

  it('runs from its mapping at its rate', () => {
    const { clock, pass } = clockAt(0);
    clock.follow(1, { machineEpoch: EPOCH, businessEpoch: NOON, ratePermille: 60_000 });
    pass(1_000);

    expect(clock.now()).toBe(plusMs(NOON, 60_000));
  });

  it('stands still at rate 0', () => {
    const { clock, pass } = clockAt(0);
    clock.follow(1, { machineEpoch: EPOCH, businessEpoch: NOON, ratePermille: 0 });
    pass(9_000);

    expect(clock.now()).toBe(NOON);
  });

  it('takes a later revision over and never an earlier or equal one', () => {
    const { clock } = clockAt(0);
    const mapping = { machineEpoch: EPOCH, businessEpoch: NOON, ratePermille: 0 };
    expect(clock.follow(2, mapping)).toBe(true);
    expect(clock.follow(2, { ...mapping, businessEpoch: plusMs(NOON, 1) })).toBe(false);
    expect(clock.follow(1, { ...mapping, businessEpoch: plusMs(NOON, 1) })).toBe(false);
    expect(clock.now()).toBe(NOON);
    expect(clock.view()).toMatchObject({ revision: 2, ratePermille: 0, business: '1970-01-01T01:23:20.000Z' });
  });
});

function clockAt(passedMs: number): { clock: MappedClock; pass: (ms: number) => void } {
  let now = EPOCH + passedMs;
  const clock = new MappedClock({ now: () => machineInstant(now) });
  return { clock, pass: (ms) => void (now += ms) };
}
