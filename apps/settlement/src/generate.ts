import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeOpenApi } from '@gridpact/platform/app';
import { api } from './api.js';
import { settlementConfig } from './config.js';
import { settlementModule } from './settlement.module.js';

/** Writes the OpenAPI document into the folder of the first argument. Nothing is connected: any configuration will do. */
const [folder = '.'] = process.argv.slice(2);
const unused = 'http://127.0.0.1:1';
const config = settlementConfig({
  GRIDPACT_ENVIRONMENT: 'sandbox',
  GRIDPACT_SERVICE: 'settlement',
  GRIDPACT_STATE_DIR: '.',
  GRIDPACT_HTTP_PORT: '1',
  GRIDPACT_KAFKA_BROKERS: '127.0.0.1:1',
  GRIDPACT_KAFKA_USERNAME: 'unused',
  GRIDPACT_KAFKA_PASSWORD: 'unused',
  GRIDPACT_ISSUER: unused,
  GRIDPACT_DATABASE_URL: 'postgres://127.0.0.1:1/unused',
  GRIDPACT_LEDGER_URL: unused,
  GRIDPACT_INGEST_URL: unused,
  GRIDPACT_SIGNER_POWER_COMPANY: `${unused}|unused`,
  GRIDPACT_RULE_BUNDLE: 'unused',
});
await mkdir(folder, { recursive: true });
await writeOpenApi(settlementModule(config), join(folder, 'settlement.openapi.json'), api);
