import { runService } from '@gridpact/platform/app';
import { parseConfig } from '@gridpact/platform/config';
import { api } from './api.js';
import { dispatcherEnv } from './config.js';
import { dispatcherModule } from './dispatcher.module.js';

const config = parseConfig(dispatcherEnv, process.env);

await runService({ name: 'dispatcher', module: dispatcherModule(config), config, openapi: api });
