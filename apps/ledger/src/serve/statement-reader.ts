import { rows } from '@gridpact/platform/postgres';
import type { Caller } from '@gridpact/platform/auth';
import type { Opening, StatementType } from '@gridpact/statement';
import type { Pool } from 'pg';
import type { BodyStore } from '../bodies/body-store.js';

/** Statements of one page at most. */
export const MAX_PAGE = 200;

/** Which statements to list; `after` is the index behind which the page begins. */
export interface StatementFilter {
  readonly subject?: string | undefined;
  readonly type?: StatementType | undefined;
  readonly after: number;
  readonly limit: number;
  /** Only entries below this index: what is published. */
  readonly below: number;
}

/** A statement of the log as its readers get it; `opening` only for those who may read the body. */
export interface StatementView {
  readonly statement: string;
  readonly index: number;
  readonly type: string;
  readonly subject: string;
  readonly by: string;
  /** Base64 of the entry. */
  readonly entry: string;
  /** Base64 of the promise that came with it. */
  readonly promise?: string;
  readonly opening?: Opening;
}

interface ViewRow {
  readonly index: string;
  readonly leaf_hash: Buffer;
  readonly bytes: Buffer;
  readonly type: string;
  readonly subject: string;
  readonly said_by: string;
  readonly promise: Buffer | null;
  readonly audience: string[] | null;
  readonly sealed: Buffer | null;
}

const SELECT = `
  SELECT index, leaf_hash, bytes, type, entry.subject, said_by, promise, audience, sealed
  FROM entry LEFT JOIN body USING (leaf_hash)`;

/** Reads statements for callers; bodies are opened for their audience and for regulators only. */
export class StatementReader {
  constructor(
    private readonly pool: Pool,
    private readonly bodies: BodyStore,
  ) {}

  /** Statements in log order. */
  async list({ subject, type, after, limit, below }: StatementFilter, caller: Caller): Promise<StatementView[]> {
    const found = await rows<ViewRow>(
      this.pool,
      `${SELECT}
       WHERE index > $1 AND index < $2 AND ($3::text IS NULL OR entry.subject = $3) AND ($4::text IS NULL OR type = $4)
       ORDER BY index LIMIT $5`,
      [after, below, subject ?? null, type ?? null, limit],
    );
    return this.#views(found, caller);
  }

  /** One statement by its leaf hash, published or not. */
  async find(leafHash: string, caller: Caller): Promise<StatementView | undefined> {
    const found = await rows<ViewRow>(this.pool, `${SELECT} WHERE leaf_hash = decode($1, 'hex')`, [leafHash]);
    const [view] = await this.#views(found, caller);
    return view;
  }

  /** What a receipt says of an entry beside its proof. */
  async entry(
    leafHash: string,
  ): Promise<{ index: number; leafHash: Uint8Array; type: string; subject: string } | undefined> {
    const [row] = await rows<Pick<ViewRow, 'index' | 'leaf_hash' | 'type' | 'subject'>>(
      this.pool,
      `SELECT index, leaf_hash, type, subject FROM entry WHERE leaf_hash = decode($1, 'hex')`,
      [leafHash],
    );
    return row && { index: Number(row.index), leafHash: row.leaf_hash, type: row.type, subject: row.subject };
  }

  async #views(found: readonly ViewRow[], caller: Caller): Promise<StatementView[]> {
    const readable = found.flatMap(({ leaf_hash, subject, sealed, audience }) =>
      sealed && mayRead(caller, audience ?? []) ? [{ leafHash: leaf_hash.toString('hex'), subject, sealed }] : [],
    );
    const openings = await this.bodies.open(this.pool, readable);
    return found.map((row) => viewOf(row, openings));
  }
}

/** A body is for its audience; a regulator may look on. */
export function mayRead({ party, roles }: Caller, audience: readonly string[]): boolean {
  return audience.includes(party) || roles.includes('regulator');
}

function viewOf(row: ViewRow, openings: ReadonlyMap<string, Opening>): StatementView {
  const statement = row.leaf_hash.toString('hex');
  const opening = openings.get(statement);
  return {
    statement,
    index: Number(row.index),
    type: row.type,
    subject: row.subject,
    by: row.said_by,
    entry: row.bytes.toString('base64'),
    ...(row.promise && { promise: row.promise.toString('base64') }),
    ...(opening && { opening }),
  };
}
