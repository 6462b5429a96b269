import { required } from '@gridpact/kernel';
import { rows } from '@gridpact/platform/postgres';
import { type TreeHead, emptyRoot, sameBytes } from '@gridpact/tlog';
import type { Pool } from 'pg';

/** Another process moved the lock between our reading and our writing. */
export class LockMoved extends Error {
  override readonly name = 'LockMoved';
}

/**
 * The last tree head that the log key signed, in a store of its own with credentials of its own. It moves by
 * compare-and-swap, before any witness sees the checkpoint, so that a ledger on a restored older database, or a second
 * ledger, can never publish another tree.
 */
export class CheckpointLock {
  constructor(
    private readonly pool: Pool,
    private readonly origin: string,
  ) {}

  /** Head under lock; the empty tree when nothing was ever signed. */
  async read(): Promise<TreeHead> {
    const [row] = await rows<{ size: string; root: Buffer }>(
      this.pool,
      'SELECT size, root FROM checkpoint_lock WHERE origin = $1',
      [this.origin],
    );
    return row ? { size: Number(row.size), root: row.root } : { size: 0, root: emptyRoot() };
  }

  /** Moves the lock from one head to the next with the signed checkpoint; throws {@link LockMoved} when it stood elsewhere. */
  async swap(from: TreeHead, to: TreeHead, checkpoint: string): Promise<void> {
    if (from.size === to.size && sameBytes(from.root, to.root)) return;
    const moved = from.size === 0 ? await this.#begin(to, checkpoint) : await this.#move(from, to, checkpoint);
    if (moved !== 1) throw new LockMoved(`the lock of ${this.origin} is no longer at size ${from.size}`);
  }

  async #begin(to: TreeHead, checkpoint: string): Promise<number> {
    const { rowCount } = await this.pool.query(
      `INSERT INTO checkpoint_lock (origin, size, root, checkpoint, signed_at)
       VALUES ($1, $2, $3, $4, now()) ON CONFLICT DO NOTHING`,
      [this.origin, to.size, Buffer.from(to.root), checkpoint],
    );
    return required(rowCount, 'row count');
  }

  async #move(from: TreeHead, to: TreeHead, checkpoint: string): Promise<number> {
    const { rowCount } = await this.pool.query(
      `UPDATE checkpoint_lock SET size = $4, root = $5, checkpoint = $6, signed_at = now()
       WHERE origin = $1 AND size = $2 AND root = $3`,
      [this.origin, from.size, Buffer.from(from.root), to.size, Buffer.from(to.root), checkpoint],
    );
    return required(rowCount, 'row count');
  }
}
