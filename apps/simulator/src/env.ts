import { parseConfig } from '@gridpact/platform/config';
import { z } from 'zod';

const url = z.url({ protocol: /^https?$/ });
/** `url|token` of a party's signer. */
const signer = z.string().regex(/^https?:\/\/[^|]+\|.+$/, 'must be url|token');

/** What the simulator and the genesis ceremony know of a running system; provisioning sets all of it. */
export const playerEnv = z.object({
  GRIDPACT_ENVIRONMENT: z.enum(['sandbox', 'production']),
  GRIDPACT_STATE_DIR: z.string().min(1),
  GRIDPACT_PARTIES_DIR: z.string().min(1),
  GRIDPACT_PHONES_DIR: z.string().min(1),
  GRIDPACT_PUBLIC_DIR: z.string().min(1),
  GRIDPACT_GATEWAYS_FILE: z.string().min(1),
  GRIDPACT_MQTT_URL: z.string().min(1),
  GRIDPACT_ISSUER: url,
  GRIDPACT_LEDGER_URL: url,
  GRIDPACT_IDENTITY_URL: url,
  GRIDPACT_DISPATCHER_URL: url,
  GRIDPACT_AGGREGATOR_URL: url,
  GRIDPACT_INGEST_URL: url,
  GRIDPACT_SETTLEMENT_URL: url,
  GRIDPACT_MOBILE_API_URL: url,
  GRIDPACT_SIGNER_POWER_COMPANY: signer,
  GRIDPACT_SIGNER_AGGREGATOR_1: signer,
  GRIDPACT_SIGNER_AGGREGATOR_2: signer,
  GRIDPACT_SIGNER_AGGREGATOR_3: signer,
  GRIDPACT_SIGNER_REGULATOR: signer,
});

export type PlayerEnv = Readonly<z.infer<typeof playerEnv>>;

/** Reads the environment; throws one error that names every bad variable. */
export function readPlayerEnv(): PlayerEnv {
  return parseConfig(playerEnv, process.env);
}
