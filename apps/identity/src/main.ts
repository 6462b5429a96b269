import { runService } from '@gridpact/platform/app';
import { parseConfig } from '@gridpact/platform/config';
import { api } from './api.js';
import { identityEnv } from './config.js';
import { identityModule } from './identity.module.js';

const config = parseConfig(identityEnv, process.env);

await runService({
  name: 'identity',
  module: identityModule(config),
  config,
  openapi: api,
});
