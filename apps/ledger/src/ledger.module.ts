import { BUSINESS_CLOCK, LOGGER, MACHINE_CLOCK, PG_POOL, PlatformModule, Readiness } from '@gridpact/platform/app';
import type { BusinessClock, MachineClock } from '@gridpact/platform/clock';
import { Outbox } from '@gridpact/platform/outbox';
import type { Logger } from '@gridpact/platform/telemetry';
import {
  type BeforeApplicationShutdown,
  type DynamicModule,
  Inject,
  Injectable,
  Module,
  type OnApplicationBootstrap,
  type Provider,
} from '@nestjs/common';
import type { Pool } from 'pg';
import type { LedgerConfig } from './config.js';
import { IntakeService } from './intake/intake.service.js';
import { IntakeController } from './intake/statements.controller.js';
import { SubmissionsController } from './intake/submissions.controller.js';
import { type LedgerParts, assembleLedger, startLedger, stopLedger } from './ledger.js';
import { ledgerMigrations } from './migrations/index.js';
import { DirectoryController } from './serve/directory.controller.js';
import { LogController } from './serve/log.controller.js';
import { ReceiptsController } from './serve/receipts.controller.js';
import { StatementReader } from './serve/statement-reader.js';
import { StatementsController } from './serve/statements.controller.js';
import { LEDGER } from './tokens.js';

/** Starts the log before HTTP and Kafka are served, and ends its loops before they stop. */
@Injectable()
class LedgerLifecycle implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(
    @Inject(LEDGER) private readonly parts: LedgerParts,
    private readonly readiness: Readiness,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    this.readiness.add('log', () => this.parts.sequencer.frozen === undefined);
    await startLedger(this.parts);
  }

  async beforeApplicationShutdown(): Promise<void> {
    await stopLedger(this.parts);
  }
}

@Module({})
class LedgerModule {}

/** The ledger on the platform. */
export function ledgerModule(config: LedgerConfig): DynamicModule {
  return {
    module: LedgerModule,
    imports: [PlatformModule.forService({ config, entities: [], migrations: ledgerMigrations })],
    controllers: [
      IntakeController,
      SubmissionsController,
      ReceiptsController,
      StatementsController,
      LogController,
      DirectoryController,
    ],
    providers: [ledgerParts(config), intake, reader, LedgerLifecycle],
  };
}

function ledgerParts(config: LedgerConfig): Provider {
  return {
    provide: LEDGER,
    inject: [PG_POOL, Outbox, MACHINE_CLOCK, BUSINESS_CLOCK, LOGGER],
    useFactory: (pool: Pool, outbox: Outbox, machine: MachineClock, business: BusinessClock, log: Logger) =>
      assembleLedger({ config, pool, outbox, machine, business, log }),
  };
}

const intake: Provider = {
  provide: IntakeService,
  inject: [LEDGER],
  useFactory: (parts: LedgerParts) => new IntakeService(parts),
};

const reader: Provider = {
  provide: StatementReader,
  inject: [PG_POOL, LEDGER],
  useFactory: (pool: Pool, { bodies }: LedgerParts) => new StatementReader(pool, bodies),
};
