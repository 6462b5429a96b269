import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeOpenApi } from '@gridpact/platform/app';
import { aggregatorModule } from './aggregator.module.js';
import { api } from './api.js';
import { aggregatorConfig } from './config.js';

/** Writes the OpenAPI document into the folder of the first argument. Nothing is connected: any configuration will do. */
const [folder = '.'] = process.argv.slice(2);
const unused = 'http://127.0.0.1:1';
const config = aggregatorConfig({
  GRIDPACT_ENVIRONMENT: 'sandbox',
  GRIDPACT_SERVICE: 'aggregator',
  GRIDPACT_STATE_DIR: '.',
  GRIDPACT_HTTP_PORT: '1',
  GRIDPACT_KAFKA_BROKERS: '127.0.0.1:1',
  GRIDPACT_KAFKA_USERNAME: 'unused',
  GRIDPACT_KAFKA_PASSWORD: 'unused',
  GRIDPACT_ISSUER: unused,
  GRIDPACT_DATABASE_URL: 'postgres://127.0.0.1:1/unused',
  GRIDPACT_IDENTITY_URL: unused,
  GRIDPACT_LEDGER_URL: unused,
  GRIDPACT_SIGNER_AGGREGATOR_1: `${unused}|unused`,
});
await mkdir(folder, { recursive: true });
await writeOpenApi(aggregatorModule(config), join(folder, 'aggregator.openapi.json'), api);
