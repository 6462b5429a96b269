import { parseConfig } from '@gridpact/platform/config';
import { migrate } from '@gridpact/platform/postgres';
import { identityEnv } from './config.js';
import { migrations } from './identity.module.js';

await migrate(parseConfig(identityEnv, process.env), [], migrations);
