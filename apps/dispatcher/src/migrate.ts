import { parseConfig } from '@gridpact/platform/config';
import { migrate } from '@gridpact/platform/postgres';
import { dispatcherEnv } from './config.js';
import { migrations } from './dispatcher.module.js';

await migrate(parseConfig(dispatcherEnv, process.env), [], migrations);
