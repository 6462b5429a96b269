import { formatInstant } from '@gridpact/kernel';
import { LOGGER, REDIS } from '@gridpact/platform/app';
import type { LazyRedis } from '@gridpact/platform/redis';
import type { Logger } from '@gridpact/platform/telemetry';
import type { Observation } from '@gridpact/telemetry';
import { Inject, Injectable } from '@nestjs/common';
import { INGEST_CONFIG, type IngestConfig } from '../config.js';

/** Meters whose newest start this process remembers. */
const MAX_REMEMBERED = 200_000;

/**
 * Newest reading of each meter in Redis, `ingest:live:<meter>` = `{start, stepMs, energyMicroKwh}`, for whoever shows a
 * live curve. Best effort: Redis may be away or flushed, and never holds a frame up.
 */
@Injectable()
export class LatestReadings {
  private readonly newest = new Map<string, number>();
  private isWriting = false;

  constructor(
    @Inject(INGEST_CONFIG) private readonly config: IngestConfig,
    @Inject(REDIS) private readonly redis: LazyRedis,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  /** Shows what is newer than shown before; drops it while the last one is still being written. */
  show(observations: readonly Observation[]): void {
    if (this.isWriting || !this.config.GRIDPACT_REDIS_URL) return;
    const newer = this.newerOf(observations);
    if (newer.size === 0) return;
    this.isWriting = true;
    void this.write([...newer])
      .catch((error: unknown) => this.log.warn({ err: error }, 'live state not written'))
      .finally(() => (this.isWriting = false));
  }

  private newerOf(observations: readonly Observation[]): Map<string, string> {
    if (this.newest.size > MAX_REMEMBERED) this.newest.clear();
    const shown = new Map<string, string>();
    for (const { meter, start, stepMs, energyMicroKwh } of observations) {
      if (start < (this.newest.get(meter) ?? 0)) continue;
      this.newest.set(meter, start);
      const value = { start: formatInstant(start), stepMs, energyMicroKwh: energyMicroKwh.toString() };
      shown.set(`ingest:live:${meter}`, JSON.stringify(value));
    }
    return shown;
  }

  private async write(values: readonly [string, string][]): Promise<void> {
    const redis = await this.redis();
    await redis.mSet([...values]);
  }
}
