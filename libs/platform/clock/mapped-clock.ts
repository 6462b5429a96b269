import { businessAt, formatInstant, instant, type ClockMapping, type Instant } from '@gridpact/kernel';
import type { BusinessClock, MachineClock } from './clock.js';

/** What `/v1/clock` shows: the mapping's revision, both times now, and the speed (1000 is real time, 0 holds). */
export interface ClockView {
  readonly revision: number;
  readonly business: string;
  readonly machine: string;
  readonly ratePermille: number;
}

/** Business clock that follows the newest mapping it was told; without one it equals machine time. */
export class MappedClock implements BusinessClock {
  private current: { readonly revision: number; readonly mapping: ClockMapping } | undefined;

  constructor(private readonly machine: MachineClock) {}

  now(): Instant {
    return this.current ? businessAt(this.current.mapping, this.machine.now()) : instant(this.machine.now());
  }

  revision(): number {
    return this.current?.revision ?? 0;
  }

  /** Takes a mapping over when its revision is later than the current one; tells whether it did. */
  follow(revision: number, mapping: ClockMapping): boolean {
    if (revision <= this.revision()) return false;
    this.current = { revision, mapping };
    return true;
  }

  view(): ClockView {
    return {
      revision: this.revision(),
      business: formatInstant(this.now()),
      machine: formatInstant(this.machine.now()),
      ratePermille: this.current?.mapping.ratePermille ?? 1000,
    };
  }
}
