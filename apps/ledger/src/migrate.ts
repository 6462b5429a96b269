import { parseConfig } from '@gridpact/platform/config';
import { migrate } from '@gridpact/platform/postgres';
import { z } from 'zod';
import { ledgerMigrations, lockMigrations } from './migrations/index.js';

const postgresUrl = z.url({ protocol: /^postgres(ql)?$/ });

const { GRIDPACT_SERVICE, GRIDPACT_MIGRATION_DATABASE_URL, GRIDPACT_LOCK_MIGRATION_DATABASE_URL } = parseConfig(
  z.object({
    GRIDPACT_SERVICE: z.string().default('ledger'),
    GRIDPACT_MIGRATION_DATABASE_URL: postgresUrl,
    /** Owner of the checkpoint lock's own schema. */
    GRIDPACT_LOCK_MIGRATION_DATABASE_URL: postgresUrl,
  }),
  process.env,
);

await migrate({ GRIDPACT_SERVICE, GRIDPACT_MIGRATION_DATABASE_URL }, [], ledgerMigrations);
await migrate(
  { GRIDPACT_SERVICE, GRIDPACT_MIGRATION_DATABASE_URL: GRIDPACT_LOCK_MIGRATION_DATABASE_URL },
  [],
  lockMigrations,
);
