import { Injectable } from '@nestjs/common';
import { topics } from '@gridpact/contracts';
import { Outbox } from '@gridpact/platform/outbox';
import { isSqlState, rows, type Transaction } from '@gridpact/platform/postgres';
import type { BodyOf, Statement } from '@gridpact/statement';
import type { DataSource } from 'typeorm';
import { Submissions } from '../statements/submissions.js';

const UNIQUE_VIOLATION = '23505';

/** Mappings of the sandbox clock, by revision; each is stored, sealed and told to all services as one. */
@Injectable()
export class ClockBook {
  constructor(
    private readonly outbox: Outbox,
    private readonly submissions: Submissions,
  ) {}

  /** The newest revision; 0 before the first. */
  async newestRevision(db: DataSource | Transaction): Promise<number> {
    const [row] = await rows<{ revision: number }>(
      db,
      'SELECT coalesce(max(revision), 0) AS revision FROM clock_mapping',
    );
    return row?.revision ?? 0;
  }

  /** Enters a mapping; throws a unique violation when its revision is taken, see {@link isRevisionTaken}. */
  async enter(tx: Transaction, mapping: BodyOf<'clock.set'>, statement: Statement): Promise<void> {
    await rows(tx, 'INSERT INTO clock_mapping (revision, mapping, statement) VALUES ($1, $2, $3)', [
      mapping.revision,
      JSON.stringify(mapping),
      statement.leafHash,
    ]);
    await this.submissions.submit(tx, statement, { audience: [] });
    await this.outbox.add(tx, { topic: topics.clock, key: 'clock', value: mapping });
  }
}

/** True when another request took the same revision first. */
export function isRevisionTaken(error: unknown): boolean {
  return isSqlState(error, UNIQUE_VIOLATION);
}
