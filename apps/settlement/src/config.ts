import { ConfigError, parseConfig, serviceEnv, signerVariable, type SignerAddress } from '@gridpact/platform/config';
import { z } from 'zod';

/** Party that owes the aggregators, and whose operator rules on disputes. */
export const POWER_COMPANY = 'power-company';

const SIGNER_PREFIX = 'GRIDPACT_SIGNER_';
const baseUrl = z.url({ protocol: /^https?$/ });

/** Variables of the settlement service beyond the signers of other payers; see the README. */
export const settlementEnv = serviceEnv.extend({
  GRIDPACT_LEDGER_URL: baseUrl,
  GRIDPACT_INGEST_URL: baseUrl,
  GRIDPACT_SIGNER_POWER_COMPANY: signerVariable,
  /** File of the rule bundle; a program that published another hash is not settled here. */
  GRIDPACT_RULE_BUNDLE: z.string().min(1),
});

/** The service's configuration, with the signer of every party that pays. */
export type SettlementConfig = Readonly<z.infer<typeof settlementEnv>> & {
  readonly signers: ReadonlyMap<string, SignerAddress>;
};

/** What migrations need, and no secret of the running service beside it. */
export const migrationEnv = serviceEnv.pick({ GRIDPACT_SERVICE: true, GRIDPACT_MIGRATION_DATABASE_URL: true });

/** Injection token of {@link SettlementConfig}. */
export const SETTLEMENT_CONFIG = Symbol('settlement configuration');

/** Reads the configuration; every `GRIDPACT_SIGNER_<PARTY>` (`AGGREGATOR_1` is `aggregator-1`) is a payer's signer. */
export function settlementConfig(env: Readonly<Record<string, string | undefined>>): SettlementConfig {
  const config = parseConfig(settlementEnv, env);
  const names = Object.keys(env).filter((name) => name.startsWith(SIGNER_PREFIX));
  const parsed = names.map((name) => [name, signerVariable.safeParse(env[name])] as const);
  const bad = parsed.filter(([, { success }]) => !success).map(([name]) => `${name}: must be url|token`);
  if (bad.length > 0) throw new ConfigError(bad);
  const signers = new Map(parsed.flatMap(([name, { data }]) => (data ? [[partyOf(name), data] as const] : [])));
  return Object.freeze({ ...config, signers });
}

function partyOf(variable: string): string {
  return variable.slice(SIGNER_PREFIX.length).toLowerCase().replaceAll('_', '-');
}
