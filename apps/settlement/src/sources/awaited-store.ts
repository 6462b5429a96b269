import type { Committed, Confirmed, Outage } from '@gridpact/contracts';
import { formatInstant, type Interval } from '@gridpact/kernel';
import { rows, type Transaction } from '@gridpact/platform/postgres';
import { Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';

/** A statement that a run reads, or waits for. */
export interface Awaited {
  readonly statement: string;
  readonly kind: 'meter-days' | 'event-window' | 'answer' | 'outage';
  readonly sealed: boolean;
}

/** Statements that runs depend on and that were heard of before the log has them. */
@Injectable()
export class AwaitedStore {
  /** False for a commitment that was heard of before. */
  async addCommitment(tx: Transaction, { statement, kind, event, from, to, corrects }: Committed): Promise<boolean> {
    const added = await rows(
      tx,
      `INSERT INTO awaited (statement, kind, event, starts_at, ends_at, corrects)
       VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING RETURNING statement`,
      [statement, kind, event, from, to, corrects],
    );
    return added.length === 1;
  }

  async addAnswer(tx: Transaction, { statement, event }: Confirmed): Promise<void> {
    await add(tx, statement, 'answer', event);
  }

  /** False for an outage that was heard of before. */
  async addOutage(tx: Transaction, { statement, event }: Outage): Promise<boolean> {
    return add(tx, statement, 'outage', event);
  }

  /** What the ledger refused is not waited for, whether it was heard of before its refusal or after. */
  async noteRefused(tx: Transaction, statements: readonly string[]): Promise<void> {
    await rows(tx, 'INSERT INTO refused SELECT * FROM unnest($1::text[]) ON CONFLICT DO NOTHING', [statements]);
  }

  /** The commitments among these of which nobody told yet. */
  async unheard(db: DataSource | Transaction, commitments: readonly string[]): Promise<string[]> {
    const found = await rows<{ statement: string }>(
      db,
      `SELECT statement FROM unnest($1::text[]) AS asked (statement)
       WHERE NOT EXISTS (SELECT FROM awaited WHERE awaited.statement = asked.statement)`,
      [commitments],
    );
    return found.map(({ statement }) => statement);
  }

  /**
   * What a run of an event reads: answers, outages and window of that event, and the meter-days that overlap the days
   * before it. In the order of their hashes. What was refused once and sealed when it was sent again counts.
   */
  async ofRun(db: DataSource | Transaction, event: string, before: Interval): Promise<Awaited[]> {
    return rows<Awaited>(
      db,
      `SELECT statement, kind, sealed.statement IS NOT NULL AS sealed
       FROM awaited LEFT JOIN sealed USING (statement) LEFT JOIN refused USING (statement)
       WHERE (sealed.statement IS NOT NULL OR refused.statement IS NULL)
         AND (event = $1 OR kind = 'meter-days' AND starts_at < $3 AND ends_at > $2)
       ORDER BY statement`,
      [event, formatInstant(before.start), formatInstant(before.end)],
    );
  }
}

async function add(tx: Transaction, statement: string, kind: Awaited['kind'], event: string): Promise<boolean> {
  const sql = `INSERT INTO awaited (statement, kind, event) VALUES ($1, $2, $3)
    ON CONFLICT DO NOTHING RETURNING statement`;
  return (await rows(tx, sql, [statement, kind, event])).length === 1;
}
