import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import type { Logger } from '../telemetry/index.js';

/** Something that runs beside the requests, started after every provider is there. */
export interface BackgroundPart {
  readonly name: string;
  start?(): void | Promise<void>;
  close(): void | Promise<void>;
}

/**
 * Starts the platform's own parts in order, and closes them in reverse once intake has stopped. One that fails to close
 * is logged and does not keep the others open.
 */
export class PlatformLifecycle implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(
    private readonly parts: readonly BackgroundPart[],
    private readonly log: Logger,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    for (const part of this.parts) await part.start?.();
  }

  async onApplicationShutdown(): Promise<void> {
    for (const part of [...this.parts].reverse()) {
      try {
        await part.close();
      } catch (error) {
        this.log.error({ err: error, part: part.name }, 'part did not close cleanly');
      }
    }
  }
}
