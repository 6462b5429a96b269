import type { EventChanged } from '@gridpact/contracts';
import { rows, type Transaction } from '@gridpact/platform/postgres';
import { Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';

/** Events as the dispatcher last told of them. */
@Injectable()
export class EventStore {
  /** Notes a state; an older message than the one known changes nothing. */
  async note(tx: Transaction, { event, state, revision }: EventChanged): Promise<void> {
    await rows(
      tx,
      `INSERT INTO dr_event (event, state, revision) VALUES ($1, $2, $3)
       ON CONFLICT (event) DO UPDATE SET state = EXCLUDED.state, revision = EXCLUDED.revision
       WHERE dr_event.revision < EXCLUDED.revision`,
      [event, state, revision],
    );
  }

  /** True when the dispatcher told of such an event. */
  async isKnown(db: DataSource | Transaction, event: string): Promise<boolean> {
    return (await rows(db, 'SELECT 1 FROM dr_event WHERE event = $1', [event])).length === 1;
  }
}
