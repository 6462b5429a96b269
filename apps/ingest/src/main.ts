import { runService } from '@gridpact/platform/app';
import { parseConfig } from '@gridpact/platform/config';
import { api } from './api.js';
import { ingestEnv } from './config.js';
import { ingestModule } from './ingest.module.js';

const config = parseConfig(ingestEnv, process.env);

await runService({ name: 'ingest', module: ingestModule(config), config, openapi: api });
