import { runService } from '@gridpact/platform/app';
import { aggregatorModule } from './aggregator.module.js';
import { api } from './api.js';
import { aggregatorConfig } from './config.js';

const config = aggregatorConfig(process.env);

await runService({
  name: 'aggregator',
  module: aggregatorModule(config),
  config,
  openapi: api,
});
