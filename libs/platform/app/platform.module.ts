import { Module, type DynamicModule, type Provider } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR, APP_PIPE, Reflector } from '@nestjs/core';
import type { Pool } from 'pg';
import { DataSource } from 'typeorm';
import { AccessTokens, AuthGuard, IssuerKeys } from '../auth/index.js';
import { ClockFollower, MappedClock, systemMachineClock } from '../clock/index.js';
import { ConfigError, type ServiceConfig } from '../config/index.js';
import { IdempotencyInterceptor, IdempotencyStore, ProblemFilter, validationPipe } from '../http/index.js';
import { kafkaClient, KafkaProducer } from '../kafka/index.js';
import { lazyMqtt, type LazyMqtt } from '../mqtt/index.js';
import { Outbox, OutboxRelay } from '../outbox/index.js';
import {
  connectDataSource,
  connectPool,
  dataSourceOptions,
  type EntityClass,
  type MigrationClass,
  type PoolSizes,
} from '../postgres/index.js';
import { lazyRedis, type LazyRedis } from '../redis/index.js';
import { logger, type Logger } from '../telemetry/index.js';
import { PlatformController } from './platform.controller.js';
import { PlatformLifecycle, type BackgroundPart } from './platform-lifecycle.js';
import { Readiness } from './readiness.js';
import { BUSINESS_CLOCK, KAFKA, LOGGER, MACHINE_CLOCK, MQTT, PG_POOL, REDIS, SERVICE_CONFIG } from './tokens.js';

/** What a service brings to the platform. */
export interface PlatformOptions {
  readonly config: ServiceConfig;
  readonly entities: readonly EntityClass[];
  /** All migrations, `platformMigrations` first; the runtime role never runs them, `migrate` does. */
  readonly migrations: readonly MigrationClass[];
  readonly pools?: PoolSizes;
}

/** The platform inside a service; global, so that every module of the app may inject what it exports. */
@Module({})
export class PlatformModule {
  /** Throws a ConfigError when there is something to store and no database to store it in. */
  static forService(options: PlatformOptions): DynamicModule {
    const url = options.config.GRIDPACT_DATABASE_URL;
    if (!url && (options.entities.length > 0 || options.migrations.length > 0)) {
      throw new ConfigError(['GRIDPACT_DATABASE_URL: is missing']);
    }
    const providers = [...baseProviders(options.config), ...(url ? databaseProviders(options, url) : [])];
    return {
      module: PlatformModule,
      global: true,
      controllers: [PlatformController],
      providers: [...providers, ...requestProviders(url !== undefined), lifecycle(options.config, url !== undefined)],
      exports: providers,
    };
  }
}

function baseProviders(config: ServiceConfig): Provider[] {
  const log = logger(config.GRIDPACT_SERVICE);
  const clock = new MappedClock(systemMachineClock);
  const issuer = new IssuerKeys(config.GRIDPACT_ISSUER);
  const kafka = kafkaClient(config, log);
  return [
    { provide: SERVICE_CONFIG, useValue: config },
    { provide: LOGGER, useValue: log },
    { provide: MACHINE_CLOCK, useValue: systemMachineClock },
    { provide: BUSINESS_CLOCK, useValue: clock },
    { provide: MappedClock, useValue: clock },
    { provide: Readiness, useValue: new Readiness() },
    { provide: IssuerKeys, useValue: issuer },
    { provide: AccessTokens, useValue: new AccessTokens(issuer, config, systemMachineClock) },
    { provide: KAFKA, useValue: kafka },
    { provide: KafkaProducer, useValue: new KafkaProducer(kafka, config.GRIDPACT_SERVICE, systemMachineClock, log) },
    { provide: REDIS, useValue: lazyRedis(config.GRIDPACT_REDIS_URL, log) },
    { provide: MQTT, useValue: lazyMqtt(config, log) },
  ];
}

function databaseProviders({ config, entities, migrations, pools }: PlatformOptions, url: string): Provider[] {
  const settings = dataSourceOptions(url, entities, migrations, pools?.orm);
  return [
    { provide: DataSource, inject: [LOGGER], useFactory: (log: Logger) => connectDataSource(settings, log) },
    { provide: PG_POOL, inject: [LOGGER], useFactory: (log: Logger) => connectPool(url, log, pools?.raw) },
    {
      provide: OutboxRelay,
      inject: [KafkaProducer, LOGGER],
      useFactory: (producer: KafkaProducer, log: Logger) => new OutboxRelay(url, producer, log),
    },
    {
      provide: Outbox,
      inject: [OutboxRelay],
      useFactory: (relay: OutboxRelay) => new Outbox(config.GRIDPACT_SERVICE, systemMachineClock, relay.wake),
    },
  ];
}

function requestProviders(hasDatabase: boolean): Provider[] {
  const idempotency: Provider = {
    provide: APP_INTERCEPTOR,
    inject: [Reflector, PG_POOL],
    useFactory: (reflector: Reflector, pool: Pool) => new IdempotencyInterceptor(reflector, new IdempotencyStore(pool)),
  };
  return [
    {
      provide: APP_GUARD,
      inject: [Reflector, IssuerKeys, LOGGER],
      useFactory: (reflector: Reflector, issuer: IssuerKeys, log: Logger) => new AuthGuard(reflector, issuer, log),
    },
    { provide: APP_FILTER, inject: [LOGGER], useFactory: (log: Logger) => new ProblemFilter(log) },
    { provide: APP_PIPE, useFactory: validationPipe },
    ...(hasDatabase ? [idempotency] : []),
  ];
}

function lifecycle(config: ServiceConfig, hasDatabase: boolean): Provider {
  const base = [LOGGER, Readiness, KAFKA, MappedClock, KafkaProducer, REDIS, MQTT];
  return {
    provide: PlatformLifecycle,
    inject: hasDatabase ? [...base, DataSource, PG_POOL, OutboxRelay] : base,
    useFactory: (
      log: Logger,
      readiness: Readiness,
      kafka: ReturnType<typeof kafkaClient>,
      clock: MappedClock,
      producer: KafkaProducer,
      redis: LazyRedis,
      mqtt: LazyMqtt,
      source?: DataSource,
      pool?: Pool,
      relay?: OutboxRelay,
    ) => {
      if (pool) readiness.add('database', async () => (await pool.query('SELECT 1')).rowCount === 1);
      return new PlatformLifecycle(
        [
          ...(source && pool ? databaseParts(source, pool) : []),
          { name: 'redis', close: () => redis.close() },
          { name: 'mqtt', close: () => mqtt.close() },
          { name: 'producer', close: () => producer.close() },
          ...(relay ? [{ name: 'outbox', start: () => relay.start(), close: () => relay.stop() }] : []),
          ...clockParts(config, kafka, clock, readiness, log),
        ],
        log,
      );
    },
  };
}

function databaseParts(source: DataSource, pool: Pool): BackgroundPart[] {
  return [
    { name: 'database', close: () => source.destroy() },
    { name: 'pool', close: () => pool.end() },
  ];
}

/** Business time follows the sandbox's mapping; in production there is none to follow. */
function clockParts(
  config: ServiceConfig,
  kafka: ReturnType<typeof kafkaClient>,
  clock: MappedClock,
  readiness: Readiness,
  log: Logger,
): BackgroundPart[] {
  if (config.GRIDPACT_ENVIRONMENT === 'production') return [];
  const follower = new ClockFollower(kafka, config.GRIDPACT_SERVICE, clock, log);
  readiness.add('clock', () => follower.isCaughtUp());
  return [{ name: 'clock', start: () => follower.start(), close: () => follower.close() }];
}
