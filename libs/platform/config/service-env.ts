import { z } from 'zod';

/** Where a party's signer listens, and the bearer token that it accepts. */
export interface SignerAddress {
  readonly url: string;
  readonly token: string;
}

/** Reads `url|token`, the form of every `GRIDPACT_SIGNER_<PARTY>` variable. */
export const signerVariable = z
  .string()
  .regex(/^https?:\/\/[^|]+\|[^|]+$/, 'must be url|token')
  .transform((text): SignerAddress => {
    const [url = '', token = ''] = text.split('|');
    return { url, token };
  });

const port = z.coerce.number().int().min(1).max(65_535);
const brokers = z
  .string()
  .regex(/^[^,\s]+:\d+(,[^,\s]+:\d+)*$/, 'must be host:port[,host:port]')
  .transform((text): readonly string[] => text.split(','));

/**
 * Variables that every service has; an app extends it: `serviceEnv.extend({ GRIDPACT_LEDGER_URL: z.url() })`. The
 * database is optional here, since a service that decides nothing owns none; `PlatformModule.forService` refuses
 * entities or migrations without one. Redis and MQTT are given only to the services that use them.
 */
export const serviceEnv = z.object({
  GRIDPACT_ENVIRONMENT: z.enum(['sandbox', 'production']),
  GRIDPACT_SERVICE: z.string().regex(/^[a-z][a-z-]{1,30}$/, 'must be a service name'),
  GRIDPACT_STATE_DIR: z.string(),
  GRIDPACT_HTTP_HOST: z.string().default('127.0.0.1'),
  GRIDPACT_HTTP_PORT: port,
  GRIDPACT_DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }).optional(),
  GRIDPACT_MIGRATION_DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }).optional(),
  GRIDPACT_KAFKA_BROKERS: brokers,
  GRIDPACT_KAFKA_USERNAME: z.string(),
  GRIDPACT_KAFKA_PASSWORD: z.string(),
  GRIDPACT_REDIS_URL: z.url({ protocol: /^rediss?$/ }).optional(),
  GRIDPACT_MQTT_URL: z.url({ protocol: /^mqtts?$/ }).optional(),
  GRIDPACT_MQTT_USERNAME: z.string().optional(),
  GRIDPACT_MQTT_PASSWORD: z.string().optional(),
  GRIDPACT_ISSUER: z.url({ protocol: /^https?$/ }),
  GRIDPACT_CLIENT_ID: z.string().optional(),
  GRIDPACT_CLIENT_SECRET: z.string().optional(),
});

/** What {@link serviceEnv} parses to; an app's own configuration extends it. */
export type ServiceConfig = z.infer<typeof serviceEnv>;

/** Variables of an app's `migrate.ts`: it runs as the schema's owner and needs nothing else. */
export const migrationEnv = serviceEnv
  .pick({ GRIDPACT_SERVICE: true, GRIDPACT_MIGRATION_DATABASE_URL: true })
  .required({ GRIDPACT_MIGRATION_DATABASE_URL: true });
