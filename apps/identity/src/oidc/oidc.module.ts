import { type MiddlewareConsumer, Module, type NestModule } from '@nestjs/common';
import { LOGGER, PG_POOL, SERVICE_CONFIG } from '@gridpact/platform/app';
import type { Logger } from '@gridpact/platform/telemetry';
import type { Pool } from 'pg';
import type Provider from 'oidc-provider';
import type { IdentityConfig } from '../config.js';
import { adapterFactory } from './adapter.js';
import { AssertionStore } from './assertion-store.js';
import { ClientSeed } from './client-seed.js';
import { ClientStore } from './client-store.js';
import { createIssuer } from './issuer.js';
import { OIDC_PATHS, OIDC_PROVIDER, OidcMiddleware } from './oidc.middleware.js';
import { loadSigningKey } from './signing-key.js';

/** The issuer. Log-in for people (code with PKCE, one-time codes, passkeys) joins here as interactions of this provider. */
@Module({
  providers: [
    { provide: ClientStore, useFactory: (pool: Pool) => new ClientStore(pool), inject: [PG_POOL] },
    { provide: AssertionStore, useFactory: (pool: Pool) => new AssertionStore(pool), inject: [PG_POOL] },
    { provide: OIDC_PROVIDER, useFactory: issuerOf, inject: [SERVICE_CONFIG, ClientStore, AssertionStore, LOGGER] },
    ClientSeed,
  ],
})
export class OidcModule implements NestModule {
  configure(consumer: MiddlewareConsumer): void {
    consumer.apply(OidcMiddleware).forRoutes(...OIDC_PATHS);
  }
}

async function issuerOf(
  config: IdentityConfig,
  clients: ClientStore,
  assertions: AssertionStore,
  log: Logger,
): Promise<Provider> {
  const signingKey = await loadSigningKey(config.GRIDPACT_STATE_DIR);
  const adapter = adapterFactory(clients, assertions);
  const provider = createIssuer({ url: config.GRIDPACT_ISSUER, signingKey, adapter });
  provider.on('server_error', (_context, error) => log.error({ err: error }, 'the issuer failed'));
  return provider;
}
