import { serviceEnv } from '@gridpact/platform/config';
import { z } from 'zod';

/** Variables of the identity service; see the README. */
export const identityEnv = serviceEnv.extend({
  /** JSON array of the OAuth clients of services and staff, written by whoever deploys; read once at start. */
  GRIDPACT_CLIENT_SEED_FILE: z.string().min(1),
});

export type IdentityConfig = Readonly<z.infer<typeof identityEnv>>;

/** What migrations need, and no secret of the running service beside it. */
export const migrationEnv = serviceEnv.pick({ GRIDPACT_SERVICE: true, GRIDPACT_MIGRATION_DATABASE_URL: true });
