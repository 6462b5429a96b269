import { type DynamicModule, Module } from '@nestjs/common';
import { PlatformModule } from '@gridpact/platform/app';
import { platformMigrations } from '@gridpact/platform/postgres';
import type { IdentityConfig } from './config.js';
import { Identity0000000001001 } from './migrations/identity-0000000001001.js';
import { OidcModule } from './oidc/oidc.module.js';
import { RegistryModule } from './registry/registry.module.js';

/** Migrations of the service's schema, in order. */
export const migrations = [...platformMigrations, Identity0000000001001];

@Module({})
export class IdentityModule {}

/** The service: the issuer of tokens, and the registry of the log. They share the clients. */
export function identityModule(config: IdentityConfig): DynamicModule {
  return {
    module: IdentityModule,
    imports: [PlatformModule.forService({ config, entities: [], migrations }), OidcModule, RegistryModule],
  };
}
