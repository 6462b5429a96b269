import pg from 'pg';
import { logger } from '../telemetry/index.js';
import type { ServiceConfig } from '../config/index.js';
import { ConfigError } from '../config/index.js';
import { connectDataSource, dataSourceOptions, type EntityClass, type MigrationClass } from './connect.js';

/** Advisory lock that keeps two migrations of one schema apart (first key: this purpose). */
const MIGRATION_LOCK = 7_401;

/**
 * Brings a service's schema forward as its owner (`GRIDPACT_MIGRATION_DATABASE_URL`), each migration in a transaction of
 * its own. Safe to run twice and at once: the second waits for the first and finds nothing to do.
 */
export async function migrate(
  config: Pick<ServiceConfig, 'GRIDPACT_SERVICE' | 'GRIDPACT_MIGRATION_DATABASE_URL'>,
  entities: readonly EntityClass[],
  migrations: readonly MigrationClass[],
): Promise<readonly string[]> {
  const url = config.GRIDPACT_MIGRATION_DATABASE_URL;
  if (!url) throw new ConfigError(['GRIDPACT_MIGRATION_DATABASE_URL: is missing']);
  const log = logger(config.GRIDPACT_SERVICE);
  const source = await connectDataSource(dataSourceOptions(url, entities, migrations, 2), log);
  try {
    const done = await underLock(url, () => source.runMigrations({ transaction: 'each' }));
    log.info({ migrations: done.map(({ name }) => name) }, 'schema is up to date');
    return done.map(({ name }) => name);
  } finally {
    await source.destroy();
  }
}

async function underLock<T>(url: string, fn: () => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query('SELECT pg_advisory_lock($1, hashtext(current_schema()))', [MIGRATION_LOCK]);
    return await fn();
  } finally {
    await client.end();
  }
}
