import { type MachineInstant, formatInstant, required } from '@gridpact/kernel';
import { rows, type Transaction } from '@gridpact/platform/postgres';
import { parsePromise, parseStatement } from '@gridpact/statement';
import type { Pool } from 'pg';
import type { BodyStore } from '../bodies/body-store.js';
import type { Candidate } from '../admit/candidate.js';

/** Statements that may wait for a parent at once; beyond that `unknown_parent` is answered at once. */
export const MAX_WAITING = 1_000;
/** Machine time for which a statement waits before `unknown_parent`. */
export const MAX_WAIT_MS = 60_000;

interface WaitingRow {
  readonly leaf_hash: Buffer;
  readonly bytes: Buffer;
  readonly subject: string;
  readonly audience: string[];
  readonly sealed: Buffer | null;
  readonly promise: Buffer | null;
  readonly traceparent: string | null;
  readonly since: Date;
}

/** Statements whose parents the log does not know yet. */
export class WaitingRoom {
  constructor(private readonly bodies: BodyStore) {}

  /** How many wait. */
  async count(tx: Transaction | Pool): Promise<number> {
    const [row] = await rows<{ count: string }>(tx, 'SELECT count(*) FROM waiting');
    return Number(row?.count ?? 0);
  }

  /** Lets a statement in; one that waits already keeps its place and time. */
  async admit(tx: Transaction, candidate: Candidate, now: MachineInstant): Promise<void> {
    const { statement, opening, audience, promise } = candidate;
    const { leafHash, entry, envelope } = statement;
    const sealed = opening && (await this.bodies.sealOne(tx, { leafHash, subject: envelope.subject, opening }));
    await rows(
      tx,
      `INSERT INTO waiting (leaf_hash, bytes, subject, audience, sealed, promise, traceparent, since)
       VALUES (decode($1, 'hex'), $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING`,
      [
        leafHash,
        Buffer.from(entry),
        envelope.subject,
        [...audience],
        sealed ?? null,
        promise ? Buffer.from(promise.bytes) : null,
        candidate.traceparent ?? null,
        formatInstant(now),
      ],
    );
  }

  /** Those who wait, longest first. */
  async list(pool: Pool): Promise<Candidate[]> {
    const found = await rows<WaitingRow>(pool, 'SELECT * FROM waiting ORDER BY since, leaf_hash LIMIT $1', [
      MAX_WAITING,
    ]);
    const sealed = found.flatMap(({ leaf_hash, subject, sealed: bytes }) =>
      bytes ? [{ leafHash: leaf_hash.toString('hex'), subject, sealed: bytes }] : [],
    );
    const openings = await this.bodies.open(pool, sealed);
    return found.map((row) => {
      const opening = openings.get(row.leaf_hash.toString('hex'));
      return { ...candidateOfRow(row), ...(opening && { opening }) };
    });
  }

  /** Lets statements out that were sequenced or refused. */
  async dismiss(tx: Transaction, leafHashes: readonly string[]): Promise<void> {
    await rows(tx, 'DELETE FROM waiting WHERE leaf_hash = ANY($1)', [
      leafHashes.map((hash) => Buffer.from(hash, 'hex')),
    ]);
  }
}

function candidateOfRow(row: WaitingRow): Candidate {
  const parsed = parseStatement(row.bytes);
  const statement = required(parsed.ok ? parsed.value : undefined, 'statement that waits');
  const signed = row.promise && parsePromise(row.promise);
  return {
    statement,
    audience: row.audience,
    waited: { since: row.since.getTime() },
    ...(row.traceparent && { traceparent: row.traceparent }),
    ...(row.promise && signed?.ok && { promise: { bytes: row.promise, signed: signed.value } }),
  };
}
