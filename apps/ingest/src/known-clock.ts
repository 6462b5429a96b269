import type { Instant } from '@gridpact/kernel';
import { BUSINESS_CLOCK, Readiness } from '@gridpact/platform/app';
import type { BusinessClock } from '@gridpact/platform/clock';
import { Inject, Injectable } from '@nestjs/common';

/**
 * Business time once it is known. A process that starts runs on machine time until it has read the sandbox's mapping;
 * what it stamped or sealed in that moment would be years off.
 */
@Injectable()
export class KnownClock {
  private known = false;

  constructor(
    private readonly readiness: Readiness,
    @Inject(BUSINESS_CLOCK) private readonly clock: BusinessClock,
  ) {}

  /** Business time now; null while the newest mapping is not read yet. */
  async now(): Promise<Instant | null> {
    this.known ||= (await this.readiness.outcomes())['clock'] ?? true;
    return this.known ? this.clock.now() : null;
  }
}
