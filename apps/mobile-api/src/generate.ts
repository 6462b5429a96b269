import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeOpenApi } from '@gridpact/platform/app';
import { parseConfig } from '@gridpact/platform/config';
import { api } from './api.js';
import { mobileApiEnv } from './config.js';
import { mobileApiModule } from './mobile-api.module.js';

/** Writes the OpenAPI document into the folder of the first argument. Nothing is connected: any configuration will do. */
const [folder = '.'] = process.argv.slice(2);
const unused = 'http://127.0.0.1:1';
const config = parseConfig(mobileApiEnv, {
  GRIDPACT_ENVIRONMENT: 'sandbox',
  GRIDPACT_SERVICE: 'mobile-api',
  GRIDPACT_STATE_DIR: '.',
  GRIDPACT_HTTP_PORT: '1',
  GRIDPACT_KAFKA_BROKERS: '127.0.0.1:1',
  GRIDPACT_KAFKA_USERNAME: 'unused',
  GRIDPACT_KAFKA_PASSWORD: 'unused',
  GRIDPACT_ISSUER: unused,
  GRIDPACT_IDENTITY_URL: unused,
  GRIDPACT_AGGREGATOR_URL: unused,
  GRIDPACT_SETTLEMENT_URL: unused,
  GRIDPACT_LEDGER_URL: unused,
});
await mkdir(folder, { recursive: true });
await writeOpenApi(mobileApiModule(config), join(folder, 'mobile-api.openapi.json'), api);
