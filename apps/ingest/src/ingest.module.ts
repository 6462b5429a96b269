import { PlatformModule } from '@gridpact/platform/app';
import { Outbox } from '@gridpact/platform/outbox';
import { platformMigrations } from '@gridpact/platform/postgres';
import { fileServiceSigner } from '@gridpact/platform/signer';
import { type DynamicModule, Module, type Provider } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { INGEST_CONFIG, type IngestConfig } from './config.js';
import { FollowedMessages } from './followed/followed.messages.js';
import { FrameMessages } from './frames/frames.messages.js';
import { LatestReadings } from './frames/latest-readings.js';
import { GatewayStore } from './gateways/gateway-store.js';
import { GatewaysController } from './gateways/gateways.controller.js';
import { FrameProducer } from './intake/frame-producer.js';
import { FramesController } from './intake/frames.controller.js';
import { MqttIntake } from './intake/mqtt-intake.js';
import { KnownClock } from './known-clock.js';
import { Ingest0000000001001 } from './migrations/ingest-0000000001001.js';
import { Ingest0000000001002 } from './migrations/ingest-0000000001002.js';
import { FrameBacklog } from './sealing/frame-backlog.js';
import { SealSchedule } from './sealing/seal-schedule.js';
import { Sealer } from './sealing/sealer.js';
import { SeriesController } from './series/series.controller.js';
import { SeriesReader } from './series/series-reader.js';

/** Migrations of the service's schema, in order. */
export const migrations = [...platformMigrations, Ingest0000000001001, Ingest0000000001002];

/** What the service hears over Kafka. */
export const listeners = [FrameMessages, FollowedMessages];

/** What works on the service's own state alone. */
export const workers: Provider[] = [GatewayStore, SeriesReader, LatestReadings];

@Module({})
export class IngestModule {}

/** The service: from gateways' frames to sealed series. */
export function ingestModule(config: IngestConfig): DynamicModule {
  return {
    module: IngestModule,
    imports: [PlatformModule.forService({ config, entities: [], migrations })],
    controllers: [GatewaysController, FramesController, SeriesController, ...listeners],
    providers: [
      ...workers,
      ...[KnownClock, FrameProducer, MqttIntake, FrameBacklog, SealSchedule],
      { provide: INGEST_CONFIG, useValue: config },
      {
        provide: Sealer,
        inject: [DataSource, Outbox],
        useFactory: async (dataSource: DataSource, outbox: Outbox) => {
          const signer = await fileServiceSigner(config.GRIDPACT_STATE_DIR, config.GRIDPACT_SERVICE);
          return new Sealer(dataSource, outbox, signer, config.GRIDPACT_ZONE);
        },
      },
    ],
  };
}
