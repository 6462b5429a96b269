import { type FrameReceived, topics } from '@gridpact/contracts';
import type { KafkaBatch, KafkaMessage } from '@gridpact/platform/kafka';
import { onceOnly } from '@gridpact/platform/outbox';
import { inTransaction, type Transaction } from '@gridpact/platform/postgres';
import type { Novelty, Observation } from '@gridpact/telemetry';
import { Controller, Inject } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { DataSource } from 'typeorm';
import { INGEST_CONFIG, type IngestConfig } from '../config.js';
import { GatewayStore } from '../gateways/gateway-store.js';
import { frameCount, readingCount } from '../metrics.js';
import { type Heard, addObservations, observationsAt, shareSeries } from '../series/observation-store.js';
import { noteUnsealed } from '../series/unsealed-store.js';
import { LatestReadings } from './latest-readings.js';
import { noveltyCounts } from './novelty-count.js';
import { type RefusedRow, keepRefused } from './refused-store.js';
import { type Received, judge, receivedOf } from './validation.js';

/** What a batch came to. */
interface Taken {
  readonly observations: readonly Observation[];
  readonly novelties: ReadonlyMap<Novelty, number>;
  readonly refused: readonly RefusedRow[];
}

/** Takes frames from Kafka into the series, a batch in one transaction; a message that comes again changes nothing. */
@Controller()
export class FrameMessages {
  constructor(
    private readonly dataSource: DataSource,
    private readonly gateways: GatewayStore,
    private readonly latest: LatestReadings,
    @Inject(INGEST_CONFIG) private readonly config: IngestConfig,
  ) {}

  @EventPattern<string>(topics.frame.name)
  async onFrames(@Payload() batch: KafkaBatch<FrameReceived>): Promise<void> {
    const taken = await inTransaction(this.dataSource, (tx) => this.take(tx, batch.messages));
    count(taken);
    this.latest.show(taken.observations);
  }

  private async take(tx: Transaction, messages: readonly KafkaMessage<FrameReceived>[]): Promise<Taken> {
    await shareSeries(tx);
    const ids = messages.map(({ id }) => id);
    const fresh = await onceOnly(tx, 'ingest.frame', ids);
    const received = messages.filter(({ id }) => fresh.has(id)).map(({ value }) => receivedOf(value));
    const { heard, refused } = await this.judged(tx, received);
    const observations = heard.map(({ observation }) => observation);
    const novelties = noveltyCounts(await observationsAt(tx, observations), observations);
    const added = await addObservations(tx, heard);
    await noteUnsealed(tx, added, this.config.GRIDPACT_ZONE);
    await keepRefused(tx, refused);
    return { observations, novelties, refused };
  }

  private async judged(
    tx: Transaction,
    received: readonly Received[],
  ): Promise<{ heard: Heard[]; refused: RefusedRow[] }> {
    const keys = await this.gateways.keys(tx, [...new Set(received.map(({ gateway }) => gateway))]);
    const meters = await this.gateways.meters(tx, metersOf(received));
    const judged = received.map((one) => ({ ...judge(one, keys.get(one.gateway), meters), at: one.receivedAt }));
    return {
      heard: judged.flatMap(({ observations, at }) =>
        observations.map((observation) => ({ observation, receivedAt: at })),
      ),
      refused: judged.flatMap((one) => one.refused),
    };
  }
}

function metersOf(received: readonly Received[]): string[] {
  return [...new Set(received.flatMap(({ frame }) => frame?.readings.map(({ meter }) => meter) ?? []))];
}

/** Counted once committed; a frame refused as a whole has a row without a meter. */
function count({ novelties, refused }: Taken): void {
  for (const [outcome, readings] of novelties) readingCount.inc({ outcome }, readings);
  const frames = refused.filter(({ meter }) => meter === '').length;
  frameCount.inc({ outcome: 'rejected' }, frames);
  readingCount.inc({ outcome: 'refused' }, refused.length - frames);
}
