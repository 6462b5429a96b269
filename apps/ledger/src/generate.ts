import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeOpenApi } from '@gridpact/platform/app';
import { parseConfig } from '@gridpact/platform/config';
import { api } from './api.js';
import { ledgerEnv } from './config.js';
import { ledgerModule } from './ledger.module.js';

/** Writes the OpenAPI document into the folder of the first argument. Nothing is connected: any configuration will do. */
const [folder = '.'] = process.argv.slice(2);
const witness = { url: 'http://127.0.0.1:1', vkey: 'unused' };
const config = parseConfig(ledgerEnv, {
  GRIDPACT_ENVIRONMENT: 'sandbox',
  GRIDPACT_SERVICE: 'ledger',
  GRIDPACT_STATE_DIR: '.',
  GRIDPACT_HTTP_PORT: '1',
  GRIDPACT_KAFKA_BROKERS: '127.0.0.1:1',
  GRIDPACT_KAFKA_USERNAME: 'unused',
  GRIDPACT_KAFKA_PASSWORD: 'unused',
  GRIDPACT_ISSUER: 'http://127.0.0.1:1',
  GRIDPACT_DATABASE_URL: 'postgres://127.0.0.1:1/unused',
  GRIDPACT_LOCK_DATABASE_URL: 'postgres://127.0.0.1:1/unused',
  GRIDPACT_WITNESSES: JSON.stringify([
    { ...witness, party: 'one' },
    { ...witness, party: 'two' },
  ]),
});
await mkdir(folder, { recursive: true });
await writeOpenApi(ledgerModule(config), join(folder, 'ledger.openapi.json'), api);
