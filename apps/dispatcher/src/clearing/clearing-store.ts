import { Injectable } from '@nestjs/common';
import type { Clearing, Exclusion } from '@gridpact/dispatch';
import { rows, type Transaction } from '@gridpact/platform/postgres';
import type { BatchOpening, BodyOf } from '@gridpact/statement';
import type { DataSource } from 'typeorm';
import { clearingJson, type ClearingJson } from './clearing-json.js';

/** An award as it was issued, with its path to the root that clearing sealed. */
export interface IssuedAward {
  /** Leaf hash of `award.issued`. */
  readonly statement: string;
  readonly award: BodyOf<'award.issued'>;
  readonly opening: BatchOpening;
}

/** What clearing gave, with its statement. */
export interface StoredClearing {
  /** Leaf hash of `clearing.computed`. */
  readonly statement: string;
  readonly result: ClearingJson;
}

interface AwardRow {
  readonly statement: string;
  readonly award: BodyOf<'award.issued'>;
  readonly opening: BatchOpening;
}

/** Clearings, one per event, and the awards that came of them. */
@Injectable()
export class ClearingStore {
  /** Stores an event's clearing; throws when there is one, since an event is cleared once. */
  async insert(
    tx: Transaction,
    event: string,
    statement: string,
    result: { readonly clearing: Clearing; readonly excluded: readonly Exclusion[] },
  ): Promise<void> {
    const json = JSON.stringify(clearingJson(result.clearing, result.excluded));
    await rows(tx, 'INSERT INTO clearing (event, statement, result) VALUES ($1, $2, $3)', [event, statement, json]);
  }

  async insertAward(tx: Transaction, { statement, award, opening }: IssuedAward): Promise<void> {
    await rows(tx, 'INSERT INTO award (statement, event, aggregator, award, opening) VALUES ($1, $2, $3, $4, $5)', [
      statement,
      award.event,
      award.aggregator,
      JSON.stringify(award),
      JSON.stringify(opening),
    ]);
  }

  async byEvent(db: DataSource | Transaction, event: string): Promise<StoredClearing | undefined> {
    const [row] = await rows<StoredClearing>(db, 'SELECT statement, result FROM clearing WHERE event = $1', [event]);
    return row;
  }

  /** Awards of an event by aggregator; only those of one aggregator when it is named. */
  async awards(db: DataSource | Transaction, event: string, aggregator: string | null = null): Promise<IssuedAward[]> {
    return rows<AwardRow>(
      db,
      `SELECT statement, award, opening FROM award
       WHERE event = $1 AND ($2::text IS NULL OR aggregator = $2) ORDER BY aggregator`,
      [event, aggregator],
    );
  }
}
