import { type DynamicModule, Module } from '@nestjs/common';
import { PlatformModule } from '@gridpact/platform/app';
import { AnswersController } from './answers.controller.js';
import type { MobileApiConfig } from './config.js';
import { DeviceKeysController } from './device-keys.controller.js';
import { EnrolmentsController } from './enrolments.controller.js';
import { HomeController } from './home.controller.js';
import { ResultsController } from './results.controller.js';
import { Upstream } from './upstream.js';

@Module({})
export class MobileApiModule {}

/** The users' API: composes what one screen needs and decides nothing. */
export function mobileApiModule(config: MobileApiConfig): DynamicModule {
  return {
    module: MobileApiModule,
    imports: [PlatformModule.forService({ config, entities: [], migrations: [] })],
    controllers: [DeviceKeysController, EnrolmentsController, AnswersController, ResultsController, HomeController],
    providers: [Upstream],
  };
}
