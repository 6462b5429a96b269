import { inTransaction } from '@gridpact/platform/postgres';
import type { DataSource, EntityManager } from 'typeorm';

/** Runs as staff of an aggregator, or as the service for it: row-level security shows that tenant's rows only. */
export function asTenant<T>(source: DataSource, tenant: string, fn: (tx: EntityManager) => Promise<T>): Promise<T> {
  return inTransaction(source, fn, { tenant });
}

/** Runs as a user, who sees and writes its own rows whichever aggregator they are with. */
export function asUser<T>(source: DataSource, user: string, fn: (tx: EntityManager) => Promise<T>): Promise<T> {
  return inTransaction(source, async (tx) => {
    await tx.query(`SELECT set_config('gridpact.user', $1, true)`, [user]);
    return fn(tx);
  });
}
