import { PlatformModule } from '@gridpact/platform/app';
import { platformMigrations } from '@gridpact/platform/postgres';
import { fileServiceSigner, remoteSigner } from '@gridpact/platform/signer';
import { Module, type DynamicModule, type Provider } from '@nestjs/common';
import { SETTLEMENT_CONFIG, type SettlementConfig } from './config.js';
import { DisputeBook } from './disputes/dispute-book.js';
import { DisputeService } from './disputes/dispute.service.js';
import { DisputeStore } from './disputes/dispute-store.js';
import { DisputesController } from './disputes/disputes.controller.js';
import { ChainReader } from './dossier/chain-reader.js';
import { DossierController } from './dossier/dossier.controller.js';
import { DossierLines } from './dossier/dossier-lines.js';
import { DossierService } from './dossier/dossier.service.js';
import { JobRunner } from './jobs/job-runner.js';
import { JobStore } from './jobs/job-store.js';
import { JobWork } from './jobs/job-work.js';
import { LedgerReader } from './ledger/ledger-reader.js';
import { SealMessages } from './ledger/seal.messages.js';
import { SealStore } from './ledger/seal-store.js';
import { Settlement0000000001001 } from './migrations/settlement-0000000001001.js';
import { Settlement0000000001002 } from './migrations/settlement-0000000001002.js';
import { OrderBook } from './payments/order-book.js';
import { OrderService } from './payments/order.service.js';
import { OrderStore } from './payments/order-store.js';
import { PaymentsController } from './payments/payments.controller.js';
import { RunBook } from './runs/run-book.js';
import { RunComputer } from './runs/run-computer.js';
import { RunEvidenceReader } from './runs/run-evidence.js';
import { RunReader } from './runs/run-reader.js';
import { RunService } from './runs/run.service.js';
import { RunStore } from './runs/run-store.js';
import { RunsController } from './runs/runs.controller.js';
import { SeriesReader } from './series/series-reader.js';
import { AwaitedStore } from './sources/awaited-store.js';
import { EventStore } from './sources/event-store.js';
import { SourceMessages } from './sources/source.messages.js';
import { OwnVoice } from './statements/own-voice.js';
import { Payers } from './statements/payers.js';

/** Migrations of the service's schema, in order. */
export const migrations = [...platformMigrations, Settlement0000000001001, Settlement0000000001002];

/** What the service answers over HTTP and hears over Kafka. */
export const controllers = [
  ...[RunsController, DisputesController, PaymentsController, DossierController],
  ...[SourceMessages, SealMessages],
];

/** Everything that works on the service's own state, whoever signs. */
export const workers: Provider[] = [
  ...[AwaitedStore, EventStore, SealStore, LedgerReader, SeriesReader],
  ...[RunEvidenceReader, RunComputer, RunStore, RunBook, RunService, RunReader],
  ...[DisputeStore, DisputeBook, DisputeService],
  ...[OrderStore, OrderBook, OrderService],
  ...[ChainReader, DossierLines, DossierService],
  ...[JobStore, JobWork, JobRunner],
];

@Module({})
export class SettlementModule {}

/** The service that settles events, and answers for every fen. */
export function settlementModule(config: SettlementConfig): DynamicModule {
  return {
    module: SettlementModule,
    imports: [PlatformModule.forService({ config, entities: [], migrations })],
    controllers,
    providers: [...workers, ...voices(config)],
  };
}

function voices(config: SettlementConfig): Provider[] {
  const { GRIDPACT_SERVICE: service, GRIDPACT_STATE_DIR: stateDir, signers } = config;
  const payers = new Payers((party, use) => {
    const address = signers.get(party);
    return address && remoteSigner({ ...address, key: use });
  });
  return [
    { provide: SETTLEMENT_CONFIG, useValue: config },
    { provide: Payers, useValue: payers },
    { provide: OwnVoice, useFactory: async () => new OwnVoice(service, await fileServiceSigner(stateDir, service)) },
  ];
}
