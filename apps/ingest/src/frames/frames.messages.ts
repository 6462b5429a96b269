import { type FrameReceived, topics } from '@gridpact/contracts';
import { type Instant, instantOf } from '@gridpact/kernel';
import { REDIS } from '@gridpact/platform/app';
import type { KafkaBatch } from '@gridpact/platform/kafka';
import { inTransaction } from '@gridpact/platform/postgres';
import type { LazyRedis } from '@gridpact/platform/redis';
import { type Frame, type Observation, observationsOf, parseFrame } from '@gridpact/telemetry';
import { Controller, Inject } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { DataSource } from 'typeorm';
import { INGEST_CONFIG, type IngestConfig } from '../config.js';
import { GatewayStore, type RegisteredMeter } from '../gateways/gateway-store.js';
import { type RefusedRow, addObservations, keepRefused, noteUnsealed, shareSeries } from './observation-store.js';
import { checkFrame, readingCode } from './validation.js';

interface Received {
  readonly frame: Frame;
  readonly receivedAt: Instant;
}

/** Takes frames from Kafka into the series; a frame that comes again finds its readings there and changes nothing. */
@Controller()
export class FrameMessages {
  constructor(
    private readonly dataSource: DataSource,
    private readonly gateways: GatewayStore,
    @Inject(INGEST_CONFIG) private readonly config: IngestConfig,
    @Inject(REDIS) private readonly redis: LazyRedis,
  ) {}

  @EventPattern<string>(topics.frame.name)
  async onFrames(@Payload() batch: KafkaBatch<FrameReceived>): Promise<void> {
    const received = batch.messages.flatMap(({ value }) => readable(value));
    const taken = await inTransaction(this.dataSource, async (tx) => {
      await shareSeries(tx);
      const keys = await this.gateways.keys(tx, [...new Set(received.map(({ frame }) => frame.gateway))]);
      const meters = await this.gateways.meters(tx, metersOf(received));
      const all: Observation[] = [];
      for (const one of received) {
        const { observations, refused } = judge(one, keys.get(one.frame.gateway), meters);
        await keepRefused(tx, refused, one.receivedAt);
        const added = await addObservations(tx, observations, one.receivedAt);
        await noteUnsealed(tx, added, this.config.GRIDPACT_ZONE, one.receivedAt);
        all.push(...observations);
      }
      return all;
    });
    await this.showLatest(taken);
  }

  /** Live state is best effort: Redis may be away or flushed at any time without loss. */
  private async showLatest(taken: readonly Observation[]): Promise<void> {
    if (taken.length === 0 || !this.config.GRIDPACT_REDIS_URL) return;
    const latest = new Map(taken.map(({ meter, start, energyMicroKwh }) => [meter, `${start}:${energyMicroKwh}`]));
    try {
      const redis = await this.redis();
      await redis.mSet([...latest].map(([meter, value]): [string, string] => [`ingest:latest:${meter}`, value]));
    } catch {
      return;
    }
  }
}

/** A frame that cannot be read was refused on arrival; whoever wrote it into Kafka past ingest gets no reading in. */
function readable({ frame, receivedAt }: FrameReceived): Received[] {
  const parsed = parseFrame(Buffer.from(frame, 'base64'));
  return parsed.ok ? [{ frame: parsed.value, receivedAt: instantOf(receivedAt) }] : [];
}

function metersOf(received: readonly Received[]): string[] {
  return [...new Set(received.flatMap(({ frame }) => frame.readings.map(({ meter }) => meter)))];
}

function judge(
  { frame, receivedAt }: Received,
  deviceKey: string | undefined,
  meters: ReadonlyMap<string, RegisteredMeter>,
): { observations: Observation[]; refused: RefusedRow[] } {
  const { gateway, seq } = frame;
  const whole = checkFrame(frame, deviceKey, receivedAt);
  if (!whole.ok) return { observations: [], refused: [{ gateway, seq, meter: '', start: '', ...whole.refusal }] };
  const judged = frame.readings.map((reading) => ({
    reading,
    code: readingCode(reading, gateway, meters.get(reading.meter), receivedAt),
  }));
  const sound = judged.filter(({ code }) => code === null).map(({ reading }) => reading);
  return {
    observations: observationsOf({ ...frame, readings: sound }),
    refused: judged.flatMap(({ reading: { meter, start, energyMicroKwh }, code }) =>
      code === null ? [] : [{ gateway, seq, meter, start, code, detail: `${energyMicroKwh} micro-kWh` }],
    ),
  };
}
