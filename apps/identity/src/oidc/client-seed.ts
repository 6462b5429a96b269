import { readFile } from 'node:fs/promises';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { LOGGER, SERVICE_CONFIG } from '@gridpact/platform/app';
import type { Logger } from '@gridpact/platform/telemetry';
import { z } from 'zod';
import type { IdentityConfig } from '../config.js';
import { type OauthClient, type SeededClient, seedFile } from './client.js';
import { secretDigest } from './client-secret.js';
import { ClientStore } from './client-store.js';

/** Saves the clients of services and staff at start; a file that breaks the schema stops the start and says where. */
@Injectable()
export class ClientSeed implements OnModuleInit {
  constructor(
    @Inject(SERVICE_CONFIG) private readonly config: IdentityConfig,
    private readonly store: ClientStore,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  async onModuleInit(): Promise<void> {
    const file = this.config.GRIDPACT_CLIENT_SEED_FILE;
    const clients = parseSeed(await readFile(file, 'utf8'), file);
    await this.store.seed(clients);
    this.log.info({ clients: clients.length }, 'clients are seeded');
  }
}

/** Reads a seed file; throws, naming places but no values, since they are secrets. */
export function parseSeed(text: string, file: string): OauthClient[] {
  const parsed = seedFile.safeParse(JSON.parse(text));
  if (!parsed.success) throw new Error(`client seed ${file}: ${z.prettifyError(parsed.error)}`);
  return parsed.data.map(clientOf);
}

function clientOf({ id, secret, party, roles }: SeededClient): OauthClient {
  return { id, party, roles, proof: { kind: 'secret', secretSha256: secretDigest(secret) } };
}
