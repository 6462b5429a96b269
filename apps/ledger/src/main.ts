import { runService } from '@gridpact/platform/app';
import { parseConfig } from '@gridpact/platform/config';
import { api } from './api.js';
import { ledgerEnv } from './config.js';
import { ledgerModule } from './ledger.module.js';

const config = parseConfig(ledgerEnv, process.env);

await runService({
  name: 'ledger',
  module: ledgerModule(config),
  config,
  openapi: api,
});
