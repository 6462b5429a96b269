import { runService } from '@gridpact/platform/app';
import { parseConfig } from '@gridpact/platform/config';
import { mobileApiEnv } from './config.js';
import { mobileApiModule } from './mobile-api.module.js';

const config = parseConfig(mobileApiEnv, process.env);

await runService({
  name: 'mobile-api',
  module: mobileApiModule(config),
  config,
  openapi: {
    title: 'Gridpact mobile',
    description: "The users' API: phones and the PWA. Statements are signed on the phone; this API only hands them on.",
  },
});
