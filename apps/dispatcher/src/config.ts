import { serviceEnv, signerVariable } from '@gridpact/platform/config';
import { z } from 'zod';

/** Party for which this service speaks, through that party's own signer. */
export const POWER_COMPANY = 'power-company';

const gateways = z
  .string()
  .regex(/^([A-Za-z0-9][A-Za-z0-9._-]*(,[A-Za-z0-9][A-Za-z0-9._-]*)*)?$/, 'must be gateway[,gateway]')
  .default('')
  .transform((text): readonly string[] => (text === '' ? [] : text.split(',')));

/** Service that settles; it opens awards and outages to recompute money. */
export const SETTLEMENT = 'settlement';

/** Variables of the dispatcher; see the README. */
export const dispatcherEnv = serviceEnv.extend({
  GRIDPACT_LEDGER_URL: z.url({ protocol: /^https?$/ }),
  GRIDPACT_SIGNER_POWER_COMPANY: signerVariable,
  /** File of the rule bundle that settles programs; a program with another hash is refused. */
  GRIDPACT_RULE_BUNDLE: z.string().min(1),
  /** Gateways that are told over MQTT when an event starts or is called off. */
  GRIDPACT_DISPATCH_GATEWAYS: gateways,
});

export type DispatcherConfig = Readonly<z.infer<typeof dispatcherEnv>>;

/** What migrations need, and no secret of the running service beside it. */
export const migrationEnv = serviceEnv.pick({ GRIDPACT_SERVICE: true, GRIDPACT_MIGRATION_DATABASE_URL: true });

/** Injection token of {@link DispatcherConfig}. */
export const DISPATCHER_CONFIG = Symbol('dispatcher configuration');
