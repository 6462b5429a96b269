import { parseConfig } from '@gridpact/platform/config';
import { migrate } from '@gridpact/platform/postgres';
import { migrationEnv } from './config.js';
import { migrations } from './settlement.module.js';

await migrate(parseConfig(migrationEnv, process.env), [], migrations);
