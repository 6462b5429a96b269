import type { Pool } from 'pg';
import type { Assertions } from './adapter.js';

/** Spent assertions deleted with each new one, so that the table stays small without a timer. */
const SWEEP_ROWS = 20;

/** Ids of client assertions that were used, until they would have expired anyway (RFC 7523 section 3, `jti`). */
export class AssertionStore implements Assertions {
  constructor(private readonly pool: Pool) {}

  async isSpent(id: string): Promise<boolean> {
    const found = await this.pool.query('SELECT 1 FROM spent_assertion WHERE id = $1 AND expires_at > now()', [id]);
    return found.rowCount !== 0;
  }

  /** Spends an id; false when it was spent before, also when two instances try at once. */
  async spend(id: string, lifetimeSeconds: number): Promise<boolean> {
    await this.pool.query(SWEEP, [SWEEP_ROWS]);
    const inserted = await this.pool.query(SPEND, [id, lifetimeSeconds]);
    return inserted.rowCount === 1;
  }
}

const SWEEP = `
  DELETE FROM spent_assertion WHERE id IN (
    SELECT id FROM spent_assertion WHERE expires_at <= now() LIMIT $1 FOR UPDATE SKIP LOCKED)`;
const SPEND = `
  INSERT INTO spent_assertion (id, expires_at) VALUES ($1, now() + $2 * interval '1 second')
  ON CONFLICT (id) DO NOTHING`;
