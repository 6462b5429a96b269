import { setTimeout as delay } from 'node:timers/promises';
import type { EntitySchema, MigrationInterface } from 'typeorm';
import { DataSource } from 'typeorm';
import pg from 'pg';
import type { Logger } from '../telemetry/index.js';
import { databaseFailure } from './failure.js';

/** Connections that a service may hold at most, beside one of the outbox relay; seven services share one database. */
export const POOL_SIZE = { orm: 6, raw: 6 } as const;

/** Sizes of the two pools of a service: TypeORM's, and the plain one of hot paths. */
export interface PoolSizes {
  readonly orm?: number;
  readonly raw?: number;
}

/** Longest wait for a connection before the caller gets an error. */
const CONNECT_TIMEOUT_MS = 5_000;
/** A statement that runs longer is cancelled: nothing here may hold locks or the outbox back for longer. */
const STATEMENT_TIMEOUT_MS = 30_000;
/** A transaction that sits idle longer is ended by the server: it would hold every outbox relay back. */
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 30_000;
/** Tries to reach the database at boot, and the pause between them. */
const BOOT_ATTEMPTS = 60;
const BOOT_RETRY_MS = 1_000;

export type EntityClass = (new () => object) | EntitySchema;
export type MigrationClass = new () => MigrationInterface;

const session = {
  statement_timeout: STATEMENT_TIMEOUT_MS,
  idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_TIMEOUT_MS,
};

/** Settings of a service's DataSource: its own role, whose search path is its own schema; never synchronised. */
export function dataSourceOptions(
  url: string,
  entities: readonly EntityClass[],
  migrations: readonly MigrationClass[],
  size: number = POOL_SIZE.orm,
): ConstructorParameters<typeof DataSource>[0] {
  return {
    type: 'postgres',
    url,
    entities: [...entities],
    migrations: [...migrations],
    migrationsTableName: 'migration',
    synchronize: false,
    installExtensions: false,
    connectTimeoutMS: CONNECT_TIMEOUT_MS,
    poolSize: size,
    extra: { ...session, keepAlive: true },
  };
}

/** Connects a DataSource; waits, bounded, for a database that is still starting. */
export async function connectDataSource(
  options: ConstructorParameters<typeof DataSource>[0],
  log: Logger,
): Promise<DataSource> {
  const source = new DataSource(options);
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await source.initialize();
    } catch (error) {
      if (attempt === BOOT_ATTEMPTS || !isAway(error)) throw error;
      log.warn({ err: error, attempt }, 'database is away; trying again');
      await delay(BOOT_RETRY_MS);
    }
  }
}

/**
 * Plain pool for visible SQL on hot paths; a connection that breaks is logged and replaced. The pool listens to idle
 * connections only: one that breaks while it is lent, between two queries, would end the process.
 */
export function connectPool(url: string, log: Logger, size: number = POOL_SIZE.raw): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max: size,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    ...session,
  });
  pool.on('error', (error) => log.warn({ err: error }, 'idle database connection broke'));
  pool.on('connect', (client) => client.on('error', (error) => log.debug({ err: error }, 'database connection broke')));
  return pool;
}

function isAway(error: unknown): boolean {
  const refused =
    error instanceof Error && /ECONNREFUSED|ECONNRESET|ENOENT|ETIMEDOUT/.test(`${codeOf(error)} ${error.message}`);
  return refused || databaseFailure(error) === 'transient';
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}
