import { PlatformModule } from '@gridpact/platform/app';
import { fileServiceSigner } from '@gridpact/platform/signer';
import { type DynamicModule, Module, type Provider } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { AnswerBook } from './answers/answer-book.js';
import { AnswersService } from './answers/answers.service.js';
import { DeadlinesService } from './answers/deadlines.service.js';
import { MyAnswersController } from './answers/my-answers.controller.js';
import { WithdrawalsService } from './answers/withdrawals.service.js';
import { AGGREGATOR_CONFIG, type AggregatorConfig } from './config.js';
import { EnrolmentsService } from './enrolments/enrolments.service.js';
import { MyEnrolmentsController } from './enrolments/my-enrolments.controller.js';
import { OffersService } from './enrolments/offers.service.js';
import { EventMessages } from './events/event.messages.js';
import { EventsController } from './events/events.controller.js';
import { EventsService } from './events/events.service.js';
import { PeerAwayInterceptor } from './http/peer-away.js';
import { AwardMessages } from './instructions/award.messages.js';
import { InstructionsService } from './instructions/instructions.service.js';
import { NominationMessages } from './nominations/nomination.messages.js';
import { NominationsController } from './nominations/nominations.controller.js';
import { NominationsService } from './nominations/nominations.service.js';
import { EnrolmentCodes } from './parties/enrolment-codes.js';
import { KeyDirectory } from './parties/key-directory.js';
import { RANDOMNESS, systemRandomness } from './parties/randomness.js';
import { Signers } from './parties/signers.js';
import { ProgramCatalogue } from './programs/program-catalogue.js';
import { DueWork } from './schedule/due-work.js';
import { Schedule } from './schedule/schedule.js';
import { entities, migrations } from './schema.js';
import { SitesController } from './sites/sites.controller.js';
import { SitesService } from './sites/sites.service.js';
import { Promises, SERVICE_SIGNER } from './statements/promises.js';
import { ReceiptMessages } from './statements/receipts.messages.js';
import { StatementBook } from './statements/statement-book.js';
import { StatementsController } from './statements/statements.controller.js';
import { StatementsService } from './statements/statements.service.js';

const controllers = [
  SitesController,
  MyEnrolmentsController,
  NominationsController,
  EventsController,
  MyAnswersController,
  StatementsController,
  EventMessages,
  NominationMessages,
  AwardMessages,
  ReceiptMessages,
];

const services = [
  Signers,
  KeyDirectory,
  EnrolmentCodes,
  ProgramCatalogue,
  Promises,
  StatementBook,
  StatementsService,
  SitesService,
  EnrolmentsService,
  OffersService,
  EventsService,
  NominationsService,
  InstructionsService,
  AnswerBook,
  AnswersService,
  WithdrawalsService,
  DeadlinesService,
];

@Module({})
class AggregatorModule {}

/** The whole service of a configuration. */
export function aggregatorModule(config: AggregatorConfig): DynamicModule {
  return {
    module: AggregatorModule,
    imports: [PlatformModule.forService({ config, entities, migrations })],
    controllers,
    providers: [...services, ...ports(config), DueWork, Schedule],
  };
}

function ports(config: AggregatorConfig): Provider[] {
  return [
    { provide: AGGREGATOR_CONFIG, useValue: config },
    { provide: RANDOMNESS, useValue: systemRandomness },
    {
      provide: SERVICE_SIGNER,
      useFactory: () => fileServiceSigner(config.GRIDPACT_STATE_DIR, config.GRIDPACT_SERVICE),
    },
    { provide: APP_INTERCEPTOR, useClass: PeerAwayInterceptor },
  ];
}
