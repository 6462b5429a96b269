import 'reflect-metadata';
import type { DynamicModule, LoggerService, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { MicroserviceOptions } from '@nestjs/microservices';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { SwaggerModule } from '@nestjs/swagger';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Kafka } from 'kafkajs';
import type { ServiceConfig } from '../config/index.js';
import { refuseUnrouted } from '../http/problem-filter.js';
import { KafkaBatchStrategy, KafkaProducer } from '../kafka/index.js';
import { httpDuration, type Logger } from '../telemetry/index.js';
import { openApiOf, type ApiDescription } from './openapi.js';
import { Readiness } from './readiness.js';
import { KAFKA, LOGGER } from './tokens.js';

/** Largest request body: a statement entry is at most 64 KiB, twice base64, plus its opening. */
const MAX_BODY_BYTES = 1_048_576;
const REQUEST_TIMEOUT_MS = 30_000;
const KEEP_ALIVE_MS = 5_000;

/** Nest application of a service, wired but not started. */
export async function createServiceApp(
  module: Type | DynamicModule,
  config: ServiceConfig,
  openapi?: ApiDescription,
): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter({
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    frameworkErrors: (error: FastifyError, _request: FastifyRequest, reply: FastifyReply) =>
      refuseUnrouted(error, reply),
  });
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, {
    bodyParser: false,
    bufferLogs: true,
    abortOnError: false,
  });
  app.useLogger(nestLogger(app.get<Logger>(LOGGER)));
  prepareFastify(app.getHttpAdapter().getInstance());
  connectKafka(app, config);
  if (openapi) serveOpenApi(app, openapi);
  return app;
}

/** Serves HTTP first, so that probes see a service that waits for its broker; then consumes. */
export async function listen(app: NestFastifyApplication, config: ServiceConfig): Promise<void> {
  await app.listen(config.GRIDPACT_HTTP_PORT, config.GRIDPACT_HTTP_HOST);
  await app.startAllMicroservices();
}

/** JSON is the only body; Fastify's text parser would hand a string to a schema, so it goes. */
function prepareFastify(fastify: FastifyInstance): void {
  fastify.removeContentTypeParser('text/plain');
  fastify.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'unknown';
    httpDuration.observe(
      { method: request.method, route, status: String(reply.statusCode) },
      reply.elapsedTime / 1_000,
    );
    done();
  });
}

function connectKafka(app: NestFastifyApplication, config: ServiceConfig): void {
  const strategy = new KafkaBatchStrategy({
    kafka: app.get<Kafka>(KAFKA),
    service: config.GRIDPACT_SERVICE,
    producer: app.get(KafkaProducer),
    log: app.get<Logger>(LOGGER),
  });
  app.connectMicroservice<MicroserviceOptions>({ strategy }, { inheritAppConfig: true });
  app.get(Readiness).add('kafka', () => strategy.isReady());
}

function serveOpenApi(app: NestFastifyApplication, api: ApiDescription): void {
  SwaggerModule.setup('openapi', app, () => openApiOf(app, api), {
    ui: false,
    raw: ['json'],
    jsonDocumentUrl: 'openapi.json',
  });
}

/** Nest's own lines in our log; what it calls log is detail here. */
function nestLogger(log: Logger): LoggerService {
  const members = (rest: unknown[]): { nest: string } => ({ nest: rest.map(String).join(' ') });
  return {
    log: (message, ...rest: unknown[]) => log.debug(members(rest), String(message)),
    warn: (message, ...rest: unknown[]) => log.warn(members(rest), String(message)),
    error: (message, ...rest: unknown[]) => log.error(members(rest), String(message)),
    fatal: (message, ...rest: unknown[]) => log.fatal(members(rest), String(message)),
  };
}
