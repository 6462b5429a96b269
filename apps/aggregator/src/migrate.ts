import { parseConfig } from '@gridpact/platform/config';
import { migrate } from '@gridpact/platform/postgres';
import { migrationEnv } from './config.js';
import { entities, migrations } from './schema.js';

await migrate(parseConfig(migrationEnv, process.env), entities, migrations);
