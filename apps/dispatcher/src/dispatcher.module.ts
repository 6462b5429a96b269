import { Module, type DynamicModule, type Provider } from '@nestjs/common';
import { MACHINE_CLOCK, PlatformModule } from '@gridpact/platform/app';
import { AccessTokens } from '@gridpact/platform/auth';
import type { MachineClock } from '@gridpact/platform/clock';
import { platformMigrations } from '@gridpact/platform/postgres';
import { fileServiceSigner, remoteSigner } from '@gridpact/platform/signer';
import { ClearingController } from './clearing/clearing.controller.js';
import { ClearingPublisher } from './clearing/clearing-publisher.js';
import { ClearingService } from './clearing/clearing.service.js';
import { ClearingStore } from './clearing/clearing-store.js';
import { ClockBook } from './clock/clock-book.js';
import { ClockController } from './clock/clock.controller.js';
import { ClockService } from './clock/clock.service.js';
import { Clocks } from './clock/clocks.js';
import { CurrentClock } from './clock/current-clock.js';
import { DISPATCHER_CONFIG, type DispatcherConfig } from './config.js';
import { ConfirmationMessages } from './dispatch/confirmation.messages.js';
import { ConfirmationStore } from './dispatch/confirmation-store.js';
import { DispatchController } from './dispatch/dispatch.controller.js';
import { DispatchPublisher } from './dispatch/dispatch-publisher.js';
import { DispatchService } from './dispatch/dispatch.service.js';
import { Receivers } from './dispatch/receivers.js';
import { EventController } from './event/event.controller.js';
import { EventFigures } from './event/event-figures.js';
import { EventLife } from './event/event-life.js';
import { EventPublisher } from './event/event-publisher.js';
import { EventReader } from './event/event-reader.js';
import { EventService } from './event/event.service.js';
import { EventStore } from './event/event-store.js';
import { ProgressMessages } from './event/progress.messages.js';
import { GatewayQueue } from './gateway/gateway-queue.js';
import { GatewayRelay } from './gateway/gateway-relay.js';
import { Dispatcher0000000001001 } from './migrations/dispatcher-0000000001001.js';
import { BookKeeper } from './nomination/book-keeper.js';
import { Intake } from './nomination/intake.js';
import { NominationMessages } from './nomination/nomination.messages.js';
import { NominationService } from './nomination/nomination.service.js';
import { NominationStore } from './nomination/nomination-store.js';
import { LedgerPartyKeys, PARTY_KEYS } from './nomination/party-keys.js';
import { OadrStore } from './openadr/oadr-store.js';
import { VtnController } from './openadr/vtn.controller.js';
import { VtnService } from './openadr/vtn.service.js';
import { OutageController } from './outage/outage.controller.js';
import { OutageService } from './outage/outage.service.js';
import { ProgramController } from './program/program.controller.js';
import { ProgramService } from './program/program.service.js';
import { ProgramStore } from './program/program-store.js';
import { EventClockwork } from './schedule/event-clockwork.js';
import { Scheduler } from './schedule/scheduler.js';
import { OwnVoice } from './statements/own-voice.js';
import { PowerCompany } from './statements/power-company.js';
import { SealMessages } from './statements/seal.messages.js';
import { SealStore } from './statements/seal-store.js';
import { Submissions } from './statements/submissions.js';

/** Migrations of the service's schema, in order. */
export const migrations = [...platformMigrations, Dispatcher0000000001001];

/** What the service answers over HTTP and hears over Kafka. */
export const controllers = [
  ClockController,
  ProgramController,
  EventController,
  ClearingController,
  DispatchController,
  OutageController,
  VtnController,
  NominationMessages,
  ConfirmationMessages,
  ProgressMessages,
  SealMessages,
];

/** Everything that works on the service's own state, whoever signs and wherever keys come from. */
export const workers: Provider[] = [
  ...[Clocks, ClockBook, ClockService, CurrentClock],
  ...[ProgramStore, ProgramService],
  ...[EventStore, EventLife, EventPublisher, EventService, EventReader, EventFigures],
  ...[NominationStore, BookKeeper, NominationService, Intake],
  ...[ClearingStore, ClearingPublisher, ClearingService],
  ...[DispatchService, DispatchPublisher, Receivers, ConfirmationStore],
  ...[GatewayQueue, OadrStore, VtnService, OutageService],
  ...[Submissions, SealStore, EventClockwork, Scheduler],
];

@Module({})
export class DispatcherModule {}

/** The service: the power company's side of demand response. */
export function dispatcherModule(config: DispatcherConfig): DynamicModule {
  return {
    module: DispatcherModule,
    imports: [PlatformModule.forService({ config, entities: [], migrations })],
    controllers,
    providers: [...workers, GatewayRelay, ...voices(config)],
  };
}

function voices(config: DispatcherConfig): Provider[] {
  const { GRIDPACT_SERVICE: service, GRIDPACT_SIGNER_POWER_COMPANY: signer } = config;
  return [
    { provide: DISPATCHER_CONFIG, useValue: config },
    { provide: PowerCompany, useFactory: () => new PowerCompany((key) => remoteSigner({ ...signer, key })) },
    {
      provide: OwnVoice,
      inject: [MACHINE_CLOCK],
      useFactory: async (clock: MachineClock) =>
        new OwnVoice(service, await fileServiceSigner(config.GRIDPACT_STATE_DIR, service), clock),
    },
    {
      provide: PARTY_KEYS,
      inject: [AccessTokens, MACHINE_CLOCK],
      useFactory: (tokens: AccessTokens, clock: MachineClock) =>
        new LedgerPartyKeys(config.GRIDPACT_LEDGER_URL, tokens, () => clock.now()),
    },
  ];
}
