export {
  connectDataSource,
  connectPool,
  dataSourceOptions,
  POOL_SIZE,
  type EntityClass,
  type MigrationClass,
  type PoolSizes,
} from './connect.js';
export { databaseFailure, isSqlState } from './failure.js';
export { migrate } from './migrate.js';
export { platformMigrations } from './platform-migrations.js';
export { afterCommit, inTransaction, rows, type Scope, type Transaction } from './transaction.js';
