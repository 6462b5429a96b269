import { serviceEnv } from '@gridpact/platform/config';
import { z } from 'zod';

const baseUrl = z.url({ protocol: /^https?$/ });

/** Variables of mobile-api: where the owners of what it shows answer. It has no database. */
export const mobileApiEnv = serviceEnv.extend({
  GRIDPACT_IDENTITY_URL: baseUrl,
  GRIDPACT_AGGREGATOR_URL: baseUrl,
  GRIDPACT_SETTLEMENT_URL: baseUrl,
  GRIDPACT_LEDGER_URL: baseUrl,
});

export type MobileApiConfig = Readonly<z.infer<typeof mobileApiEnv>>;
