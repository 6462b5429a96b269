import { serviceEnv } from '@gridpact/platform/config';
import { z } from 'zod';

/** Variables of ingest beyond those of every service. */
export const ingestEnv = serviceEnv.extend({
  /** IANA zone whose local days are sealed as meter-days. */
  GRIDPACT_ZONE: z.string().refine(isZone, 'must be an IANA time zone').default('Asia/Shanghai'),
});

export type IngestConfig = Readonly<z.infer<typeof ingestEnv>>;

/** What migrations need, and no secret of the running service beside it. */
export const migrationEnv = serviceEnv.pick({ GRIDPACT_SERVICE: true, GRIDPACT_MIGRATION_DATABASE_URL: true });

/** Injection token of {@link IngestConfig}. */
export const INGEST_CONFIG = Symbol('ingest configuration');

function isZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone.length > 0;
  } catch {
    return false;
  }
}
