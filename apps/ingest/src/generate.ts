import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeOpenApi } from '@gridpact/platform/app';
import { parseConfig } from '@gridpact/platform/config';
import { api } from './api.js';
import { ingestEnv } from './config.js';
import { ingestModule } from './ingest.module.js';

/** Writes the OpenAPI document into the folder of the first argument. Nothing is connected: any configuration will do. */
const [folder = '.'] = process.argv.slice(2);
const unused = 'http://127.0.0.1:1';
const config = parseConfig(ingestEnv, {
  GRIDPACT_ENVIRONMENT: 'sandbox',
  GRIDPACT_SERVICE: 'ingest',
  GRIDPACT_STATE_DIR: '.',
  GRIDPACT_HTTP_PORT: '1',
  GRIDPACT_KAFKA_BROKERS: '127.0.0.1:1',
  GRIDPACT_KAFKA_USERNAME: 'unused',
  GRIDPACT_KAFKA_PASSWORD: 'unused',
  GRIDPACT_ISSUER: unused,
  GRIDPACT_DATABASE_URL: 'postgres://127.0.0.1:1/unused',
});
await mkdir(folder, { recursive: true });
await writeOpenApi(ingestModule(config), join(folder, 'ingest.openapi.json'), api);
