import { randomUUID } from 'node:crypto';
import type { Pool } from 'pg';

/** A request that never answered, its process killed, gives its key back after so long. */
const LEASE_SECONDS = 60;

/** A key of one caller, and the hash of the request that it came with. */
export interface KeyedRequest {
  readonly caller: string;
  readonly key: string;
  readonly requestHash: string;
}

/** What a key stands for when a request comes: nothing yet, an answer, a request still running, another request. */
export type Claim =
  | { readonly state: 'claimed'; readonly attempt: string }
  | { readonly state: 'answered'; readonly status: number; readonly body: string | null }
  | { readonly state: 'running' }
  | { readonly state: 'other_request' };

interface KeyRow {
  readonly attempt: string;
  readonly request_hash: string;
  readonly status: number | null;
  readonly body: string | null;
}

/** Idempotency keys in the service's own schema; the primary key makes one of many concurrent requests the winner. */
export class IdempotencyStore {
  constructor(private readonly pool: Pool) {}

  /** Takes a key for this request, or tells what holds it. */
  async claim(request: KeyedRequest): Promise<Claim> {
    const attempt = randomUUID();
    const { rows } = await this.pool.query<KeyRow>(
      `INSERT INTO idempotency_key AS held (caller, key, request_hash, attempt) VALUES ($1, $2, $3, $4)
       ON CONFLICT (caller, key) DO UPDATE SET
         attempt = CASE WHEN held.status IS NULL AND held.request_hash = excluded.request_hash
                         AND held.started_at < now() - make_interval(secs => $5) THEN excluded.attempt ELSE held.attempt END,
         started_at = CASE WHEN held.status IS NULL AND held.request_hash = excluded.request_hash
                            AND held.started_at < now() - make_interval(secs => $5) THEN now() ELSE held.started_at END
       RETURNING attempt, request_hash, status, body`,
      [request.caller, request.key, request.requestHash, attempt, LEASE_SECONDS],
    );
    return claimOf(rows[0], request, attempt);
  }

  /** Keeps the answer for later requests with the key; a no-op when another attempt took it over meanwhile. */
  async answer(request: KeyedRequest, attempt: string, status: number, body: string | null): Promise<void> {
    await this.pool.query(
      'UPDATE idempotency_key SET status = $4, body = $5 WHERE caller = $1 AND key = $2 AND attempt = $3',
      [request.caller, request.key, attempt, status, body],
    );
  }

  /** Gives a key back whose request failed, so that it can be tried again. */
  async release(request: KeyedRequest, attempt: string): Promise<void> {
    await this.pool.query(
      'DELETE FROM idempotency_key WHERE caller = $1 AND key = $2 AND attempt = $3 AND status IS NULL',
      [request.caller, request.key, attempt],
    );
  }
}

function claimOf(row: KeyRow | undefined, request: KeyedRequest, attempt: string): Claim {
  if (!row) throw new Error('an upsert returned no row');
  if (row.attempt === attempt) return { state: 'claimed', attempt };
  if (row.request_hash !== request.requestHash) return { state: 'other_request' };
  return row.status === null ? { state: 'running' } : { state: 'answered', status: row.status, body: row.body };
}
