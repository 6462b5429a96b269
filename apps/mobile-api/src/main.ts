import { runService } from '@gridpact/platform/app';
import { parseConfig } from '@gridpact/platform/config';
import { api } from './api.js';
import { mobileApiEnv } from './config.js';
import { mobileApiModule } from './mobile-api.module.js';

const config = parseConfig(mobileApiEnv, process.env);

await runService({
  name: 'mobile-api',
  module: mobileApiModule(config),
  config,
  openapi: api,
});
