import { runService } from '@gridpact/platform/app';
import { aggregatorModule } from './aggregator.module.js';
import { aggregatorConfig } from './config.js';

const config = aggregatorConfig(process.env);

await runService({
  name: 'aggregator',
  module: aggregatorModule(config),
  config,
  openapi: {
    title: 'Gridpact aggregator',
    description: 'Sites, enrolments, nominations, instructions and confirmations of load aggregators and their users.',
  },
});
