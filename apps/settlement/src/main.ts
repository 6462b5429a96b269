import { runService } from '@gridpact/platform/app';
import { api } from './api.js';
import { settlementConfig } from './config.js';
import { settlementModule } from './settlement.module.js';

const config = settlementConfig(process.env);

await runService({ name: 'settlement', module: settlementModule(config), config, openapi: api });
