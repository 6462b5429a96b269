import { runService } from '@gridpact/platform/app';
import { parseConfig } from '@gridpact/platform/config';
import { dispatcherEnv } from './config.js';
import { dispatcherModule } from './dispatcher.module.js';

const config = parseConfig(dispatcherEnv, process.env);

await runService({
  name: 'dispatcher',
  module: dispatcherModule(config),
  config,
  openapi: {
    title: 'Gridpact dispatcher',
    description: 'Programs, DR events, clearing and dispatch of the power company; OpenADR 3.1.1 for VENs.',
  },
});
