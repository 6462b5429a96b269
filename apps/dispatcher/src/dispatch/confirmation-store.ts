import { Injectable } from '@nestjs/common';
import type { Confirmed } from '@gridpact/contracts';
import type { StandingAnswer } from '@gridpact/dispatch';
import { instantOf } from '@gridpact/kernel';
import { rows, type Transaction } from '@gridpact/platform/postgres';
import type { DataSource } from 'typeorm';

/** The answer of each site that stands. */
@Injectable()
export class ConfirmationStore {
  /** Replaces the site's answer; answers of a site come in order. */
  async replace(tx: Transaction, confirmed: Confirmed): Promise<void> {
    const { event, site, aggregator, statement, answer, intervals } = confirmed;
    await rows(
      tx,
      `INSERT INTO confirmation (event, site, aggregator, statement, answer, intervals)
       VALUES ($1, $2, $3, $4, $5, $6)
       ON CONFLICT (event, site) DO UPDATE SET aggregator = excluded.aggregator, statement = excluded.statement,
         answer = excluded.answer, intervals = excluded.intervals`,
      [event, site, aggregator, statement, answer, JSON.stringify(intervals)],
    );
  }

  async standing(db: DataSource | Transaction, event: string): Promise<StandingAnswer[]> {
    const found = await rows<Pick<Confirmed, 'site' | 'intervals'>>(
      db,
      'SELECT site, intervals FROM confirmation WHERE event = $1 ORDER BY site',
      [event],
    );
    return found.map(({ site, intervals }) => ({
      site,
      intervals: intervals.map(({ start, end, watt }) => ({
        start: instantOf(start),
        end: instantOf(end),
        watt: BigInt(watt),
      })),
    }));
  }
}
