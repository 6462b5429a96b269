import { setTimeout as delay } from 'node:timers/promises';
import type { Pool, PoolClient } from 'pg';
import { DataSource, EntityManager, type QueryRunner } from 'typeorm';
import { databaseFailure } from './failure.js';

/** A running transaction: TypeORM's or a plain pg client's. */
export type Transaction = EntityManager | PoolClient;

/** Whose rows a transaction may see: row-level security reads `current_setting('gridpact.tenant', true)`. */
export interface Scope {
  readonly tenant?: string;
}

/** Runs of one function before a conflict between transactions is passed on. */
const MAX_ATTEMPTS = 5;
/** Longest wait before the second run; doubles with each further one. Jittered, so that the two do not meet again. */
const FIRST_BACKOFF_MS = 20;
const SET_TENANT = `SELECT set_config('gridpact.tenant', $1, true)`;

const commitListeners = new WeakMap<Transaction, (() => void)[]>();

/**
 * Runs a function in one transaction and commits; rolls back when it throws. It runs again, at most {@link MAX_ATTEMPTS}
 * times, when the database refuses it for a serialization failure or a deadlock, so it must not do what cannot be repeated.
 */
export function inTransaction<T>(source: DataSource, fn: (tx: EntityManager) => Promise<T>, scope?: Scope): Promise<T>;
export function inTransaction<T>(source: Pool, fn: (tx: PoolClient) => Promise<T>, scope?: Scope): Promise<T>;
export async function inTransaction<T>(
  source: DataSource | Pool,
  fn: ((tx: EntityManager) => Promise<T>) | ((tx: PoolClient) => Promise<T>),
  scope: Scope = {},
): Promise<T> {
  // The overloads tie the function to its source; the implementation cannot see that.
  const run = fn as (tx: Transaction) => Promise<T>;
  const once = source instanceof DataSource ? () => inOrm(source, run, scope) : () => inPool(source, run, scope);
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await once();
    } catch (error) {
      if (attempt === MAX_ATTEMPTS || databaseFailure(error) !== 'conflict') throw error;
      await delay(Math.random() * FIRST_BACKOFF_MS * 2 ** attempt);
    }
  }
}

/** Calls back once this transaction has committed; never when it rolls back. Only inside {@link inTransaction}. */
export function afterCommit(tx: Transaction, listener: () => void): void {
  commitListeners.get(tx)?.push(listener);
}

/** Rows that a statement returns, whichever kind the transaction is; of an UPDATE or DELETE those of RETURNING. */
export async function rows<T>(
  tx: Transaction | Pool | DataSource,
  sql: string,
  parameters: readonly unknown[] = [],
): Promise<T[]> {
  if (tx instanceof EntityManager || tx instanceof DataSource) return ormRows<T>(tx, sql, parameters);
  const result = await tx.query(sql, [...parameters]);
  return result.rows as T[];
}

async function ormRows<T>(tx: EntityManager | DataSource, sql: string, parameters: readonly unknown[]): Promise<T[]> {
  const answer: unknown = await tx.query(sql, [...parameters]);
  return (isCountedRows(answer) ? answer[0] : answer) as T[];
}

/** TypeORM answers UPDATE and DELETE with `[rows, count]`, everything else with the rows. */
function isCountedRows(answer: unknown): answer is [unknown[], number] {
  return Array.isArray(answer) && answer.length === 2 && Array.isArray(answer[0]) && typeof answer[1] === 'number';
}

async function inOrm<T>(source: DataSource, fn: (tx: EntityManager) => Promise<T>, scope: Scope): Promise<T> {
  const runner = source.createQueryRunner();
  try {
    await runner.startTransaction();
    return await settle(runner, fn, scope);
  } finally {
    await runner.release();
  }
}

async function settle<T>(runner: QueryRunner, fn: (tx: EntityManager) => Promise<T>, scope: Scope): Promise<T> {
  const listeners = listenersOf(runner.manager);
  try {
    if (scope.tenant !== undefined) await runner.query(SET_TENANT, [scope.tenant]);
    const value = await fn(runner.manager);
    await runner.commitTransaction();
    for (const listener of listeners) listener();
    return value;
  } catch (error) {
    if (runner.isTransactionActive) await runner.rollbackTransaction().catch(() => undefined);
    throw error;
  }
}

async function inPool<T>(pool: Pool, fn: (tx: PoolClient) => Promise<T>, scope: Scope): Promise<T> {
  const client = await pool.connect();
  const listeners = listenersOf(client);
  let broken: Error | undefined;
  try {
    await client.query('BEGIN');
    if (scope.tenant !== undefined) await client.query(SET_TENANT, [scope.tenant]);
    const value = await fn(client);
    await client.query('COMMIT');
    for (const listener of listeners) listener();
    return value;
  } catch (error) {
    broken = await client.query('ROLLBACK').then(
      () => undefined,
      (failure: Error) => failure,
    );
    throw error;
  } finally {
    client.release(broken);
  }
}

function listenersOf(tx: Transaction): (() => void)[] {
  const listeners: (() => void)[] = [];
  commitListeners.set(tx, listeners);
  return listeners;
}
