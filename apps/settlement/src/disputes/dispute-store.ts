import { formatInstant, type Instant } from '@gridpact/kernel';
import { rows, type Transaction } from '@gridpact/platform/postgres';
import { Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';

/** Where a dispute stands; `refused` by the ledger it counts for nothing. An open one freezes its line. */
export type DisputeState = 'open' | 'upheld' | 'rejected' | 'refused';

/** A dispute about one line of a run. */
export interface Dispute {
  readonly dispute: string;
  readonly event: string;
  readonly run: number;
  readonly line: string;
  readonly aggregator: string;
  readonly user: string;
  readonly reason: string;
  readonly evidenceSha256: string | null;
  readonly statement: string;
  readonly state: DisputeState;
  readonly rulingReason: string | null;
  readonly rulingStatement: string | null;
}

const COLUMNS = `dispute, event, run, line, aggregator, user_party AS "user", reason, evidence_sha256 AS "evidenceSha256",
  statement, state, ruling_reason AS "rulingReason", ruling_statement AS "rulingStatement"`;
const MAX_LISTED = 1000;

/** Disputes and what was ruled on them. */
@Injectable()
export class DisputeStore {
  async insert(tx: Transaction, dispute: Omit<Dispute, 'state' | 'rulingReason' | 'rulingStatement'>, at: Instant) {
    const { event, run, line, aggregator, user, reason, evidenceSha256, statement } = dispute;
    const inserted = await rows(
      tx,
      `INSERT INTO dispute (dispute, event, run, line, aggregator, user_party, reason, evidence_sha256, statement, raised_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING RETURNING dispute`,
      [...[dispute.dispute, event, run, line, aggregator, user, reason, evidenceSha256, statement], formatInstant(at)],
    );
    return inserted.length === 1;
  }

  async byId(db: DataSource | Transaction, dispute: string): Promise<Dispute | undefined> {
    return (await rows<Dispute>(db, `SELECT ${COLUMNS} FROM dispute WHERE dispute = $1`, [dispute]))[0];
  }

  /** Disputes of an event, or all; of one party only, when asked. Oldest first. */
  async list(db: DataSource | Transaction, filter: { event?: string; party: string | null }): Promise<Dispute[]> {
    return rows<Dispute>(
      db,
      `SELECT ${COLUMNS} FROM dispute WHERE ($1::text IS NULL OR event = $1)
         AND ($2::text IS NULL OR $2 IN (aggregator, user_party)) ORDER BY raised_at, dispute LIMIT ${MAX_LISTED}`,
      [filter.event ?? null, filter.party],
    );
  }

  /** Lines of an event that an open dispute freezes. */
  async frozenLines(db: DataSource | Transaction, event: string): Promise<Set<string>> {
    const found = await rows<{ line: string }>(db, `SELECT line FROM dispute WHERE event = $1 AND state = 'open'`, [
      event,
    ]);
    return new Set(found.map(({ line }) => line));
  }

  /** Rules on an open dispute; false when it is open no longer. */
  async rule(
    tx: Transaction,
    dispute: string,
    ruling: { state: 'upheld' | 'rejected'; reason: string; statement: string },
  ): Promise<boolean> {
    const ruled = await rows(
      tx,
      `UPDATE dispute SET state = $2, ruling_reason = $3, ruling_statement = $4
       WHERE dispute = $1 AND state = 'open' RETURNING dispute`,
      [dispute, ruling.state, ruling.reason, ruling.statement],
    );
    return ruled.length === 1;
  }

  /** Drops disputes whose statement the ledger refused; gives their ids. */
  async noteRefused(tx: Transaction, statements: readonly string[]): Promise<string[]> {
    const dropped = await rows<{ dispute: string }>(
      tx,
      `UPDATE dispute SET state = 'refused' WHERE statement = ANY ($1) AND state = 'open' RETURNING dispute`,
      [statements],
    );
    return dropped.map(({ dispute }) => dispute);
  }
}
