import { ConfigError, parseConfig, serviceEnv, signerVariable, type SignerAddress } from '@gridpact/platform/config';
import { z } from 'zod';

/** Variables of the aggregator service beyond those of every service and the signers. */
export const aggregatorEnv = serviceEnv.extend({
  GRIDPACT_IDENTITY_URL: z.url({ protocol: /^https?$/ }),
  GRIDPACT_LEDGER_URL: z.url({ protocol: /^https?$/ }),
});

/** Variables of the migration, which runs as the schema's owner before the service starts. */
export const migrationEnv = serviceEnv.pick({ GRIDPACT_SERVICE: true, GRIDPACT_MIGRATION_DATABASE_URL: true });

/** The service's configuration: its variables, and the signer of each aggregator that it works for. */
export type AggregatorConfig = Readonly<z.infer<typeof aggregatorEnv>> & {
  readonly signers: ReadonlyMap<string, SignerAddress>;
};

export const AGGREGATOR_CONFIG = Symbol('AGGREGATOR_CONFIG');

const SIGNER_PREFIX = 'GRIDPACT_SIGNER_';

/**
 * Reads the configuration. Every `GRIDPACT_SIGNER_<PARTY>` (`url|token`; `AGGREGATOR_1` is party `aggregator-1`) makes
 * that party a tenant; without one the service would serve nobody and refuses to start.
 */
export function aggregatorConfig(env: Readonly<Record<string, string | undefined>>): AggregatorConfig {
  const config = parseConfig(aggregatorEnv, env);
  const names = Object.keys(env).filter((name) => name.startsWith(SIGNER_PREFIX));
  const parsed = names.map((name) => [partyOf(name), signerVariable.safeParse(env[name])] as const);
  const bad = names.filter((_, at) => !parsed[at]?.[1].success);
  if (bad.length > 0 || names.length === 0) {
    throw new ConfigError([`${bad.join(', ') || `${SIGNER_PREFIX}<PARTY>`}: must be url|token`]);
  }
  const signers = new Map(parsed.flatMap(([party, { data }]) => (data ? [[party, data] as const] : [])));
  return Object.freeze({ ...config, signers });
}

function partyOf(variable: string): string {
  return variable.slice(SIGNER_PREFIX.length).toLowerCase().replaceAll('_', '-');
}
