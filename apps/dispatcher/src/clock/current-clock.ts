import { Inject, Injectable } from '@nestjs/common';
import type { Instant } from '@gridpact/kernel';
import { BUSINESS_CLOCK } from '@gridpact/platform/app';
import type { BusinessClock } from '@gridpact/platform/clock';
import { DataSource } from 'typeorm';
import { ClockBook } from './clock-book.js';

/**
 * Business time that is known to be right: after a restart, or right after the clock was set, this process runs on an old
 * mapping for a moment, and a deadline decided in that moment would be decided wrongly.
 */
@Injectable()
export class CurrentClock {
  constructor(
    private readonly dataSource: DataSource,
    private readonly book: ClockBook,
    @Inject(BUSINESS_CLOCK) private readonly clock: BusinessClock,
  ) {}

  /** Business time now, or null while the newest mapping set here is not followed yet. */
  async now(): Promise<Instant | null> {
    return (await this.isCurrent()) ? this.clock.now() : null;
  }

  /** True when the newest mapping set here is followed. */
  async isCurrent(): Promise<boolean> {
    return this.clock.revision() >= (await this.book.newestRevision(this.dataSource));
  }

  /** Business time of the mapping followed now; right when {@link isCurrent} has just said so. */
  reading(): Instant {
    return this.clock.now();
  }
}
