import { Inject, Injectable } from '@nestjs/common';
import { formatInstant, ok, refuse, type Result } from '@gridpact/kernel';
import { inTransaction } from '@gridpact/platform/postgres';
import type { BodyOf, Statement } from '@gridpact/statement';
import { DataSource } from 'typeorm';
import { DISPATCHER_CONFIG, type DispatcherConfig } from '../config.js';
import { PowerCompany } from '../statements/power-company.js';
import { ClockBook, isRevisionTaken } from './clock-book.js';
import type { NewClock } from './clock.schema.js';
import { Clocks } from './clocks.js';

/** Why the clock was not set. */
export type ClockRefusalCode = 'not_a_sandbox' | 'revision_taken';

/** A mapping with the statement that set it. */
export type ClockSetting = BodyOf<'clock.set'> & { readonly statement: string };

/** Sets how business time runs in a sandbox. */
@Injectable()
export class ClockService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly book: ClockBook,
    private readonly powerCompany: PowerCompany,
    private readonly clocks: Clocks,
    @Inject(DISPATCHER_CONFIG) private readonly config: DispatcherConfig,
  ) {}

  async set(wanted: NewClock): Promise<Result<ClockSetting, ClockRefusalCode>> {
    if (this.config.GRIDPACT_ENVIRONMENT !== 'sandbox') {
      return refuse('not_a_sandbox', 'business time is machine time outside a sandbox');
    }
    const { businessEpoch, ratePermille, machineEpoch = formatInstant(this.clocks.machine.now()) } = wanted;
    const revision = (await this.newestRevision()) + 1;
    const body = { revision, machineEpoch, businessEpoch, ratePermille };
    const at = this.clocks.business.now();
    const statement = await this.powerCompany.say({ type: 'clock.set', at, subject: 'log', parents: [], body });
    return this.enter(body, statement);
  }

  /** Followers take only later revisions, so one that the topic remembers counts even where our own record is gone. */
  private async newestRevision(): Promise<number> {
    return Math.max(await this.book.newestRevision(this.dataSource), this.clocks.business.revision());
  }

  private async enter(
    body: BodyOf<'clock.set'>,
    statement: Statement,
  ): Promise<Result<ClockSetting, ClockRefusalCode>> {
    try {
      await inTransaction(this.dataSource, (tx) => this.book.enter(tx, body, statement));
    } catch (error) {
      if (!isRevisionTaken(error)) throw error;
      return refuse('revision_taken', `revision ${body.revision} was set meanwhile; look at the clock and try again`);
    }
    return ok({ ...body, statement: statement.leafHash });
  }
}
