import type { DynamicModule, Type } from '@nestjs/common';
import type { ServiceConfig } from '../config/index.js';
import { logger, stopTelemetry, type Logger } from '../telemetry/index.js';
import type { ApiDescription } from './openapi.js';
import { createServiceApp, listen } from './service-app.js';

/** A service that drains longer than this is ended, and its successor takes up what it had not committed. */
const SHUTDOWN_LIMIT_MS = 10_000;

/** What makes a process a service. */
export interface ServiceOptions {
  readonly name: string;
  /** Imports `PlatformModule.forService(…)`. */
  readonly module: Type | DynamicModule;
  readonly config: ServiceConfig;
  /** Serves `/openapi.json` under this title. */
  readonly openapi?: ApiDescription;
}

/**
 * Runs a service until SIGTERM or SIGINT: then intake stops, running work finishes and commits, connections close, and
 * the process ends with 0 within {@link SHUTDOWN_LIMIT_MS}. A failed start, or an error that nobody awaited, ends it
 * with 1, so that whoever supervises it starts it again.
 */
export async function runService(options: ServiceOptions): Promise<void> {
  const log = logger(options.name);
  process.on('unhandledRejection', (reason) => end(log, reason, 'a promise failed unseen'));
  process.on('uncaughtException', (error) => end(log, error, 'an error was caught nowhere'));
  try {
    const app = await createServiceApp(options.module, options.config, options.openapi);
    const stop = once((signal: string) => stopService(app, log, signal));
    process.on('SIGTERM', stop);
    process.on('SIGINT', stop);
    await listen(app, options.config);
    log.info({ port: options.config.GRIDPACT_HTTP_PORT, startupMs: Math.round(performance.now()) }, 'service runs');
  } catch (error) {
    end(log, error, 'service did not start');
  }
}

async function stopService(app: { close(): Promise<void> }, log: Logger, signal: string): Promise<void> {
  log.info({ signal }, 'service stops');
  setTimeout(
    () => end(log, new Error(`not closed after ${SHUTDOWN_LIMIT_MS} ms`), 'shutdown took too long'),
    SHUTDOWN_LIMIT_MS,
  );
  await app.close();
  await stopTelemetry();
  log.info('service stopped');
  process.exit(0);
}

function end(log: Logger, error: unknown, message: string): void {
  log.fatal({ err: error }, message);
  process.exit(1);
}

function once(fn: (signal: string) => Promise<void>): (signal: string) => void {
  let started = false;
  return (signal) => {
    if (started) return;
    started = true;
    void fn(signal);
  };
}
