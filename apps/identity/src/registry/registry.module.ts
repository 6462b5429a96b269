import { Module } from '@nestjs/common';
import { SERVICE_CONFIG } from '@gridpact/platform/app';
import { fileServiceSigner } from '@gridpact/platform/signer';
import type { IdentityConfig } from '../config.js';
import { loadCodeKey } from './code-key.js';
import { REGISTRY_KEYS, Registrar, type RegistryKeys } from './registrar.js';
import { RegistryController } from './registry.controller.js';
import { RegistryMessages } from './registry.messages.js';

/** The registry: the party of the log that binds other parties' first keys. */
@Module({
  controllers: [RegistryController, RegistryMessages],
  providers: [Registrar, { provide: REGISTRY_KEYS, useFactory: registryKeys, inject: [SERVICE_CONFIG] }],
})
export class RegistryModule {}

async function registryKeys({ GRIDPACT_STATE_DIR, GRIDPACT_SERVICE }: IdentityConfig): Promise<RegistryKeys> {
  const signer = await fileServiceSigner(GRIDPACT_STATE_DIR, GRIDPACT_SERVICE);
  return { signer, codeKey: await loadCodeKey(GRIDPACT_STATE_DIR) };
}
