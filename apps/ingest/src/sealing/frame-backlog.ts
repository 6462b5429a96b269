import { topics } from '@gridpact/contracts';
import { KAFKA } from '@gridpact/platform/app';
import { Inject, Injectable } from '@nestjs/common';
import type { Kafka } from 'kafkajs';
import { INGEST_CONFIG, type IngestConfig } from '../config.js';

/** What Kafka holds of acknowledged frames that are not in the series yet. */
@Injectable()
export class FrameBacklog {
  constructor(
    @Inject(KAFKA) private readonly kafka: Kafka,
    @Inject(INGEST_CONFIG) private readonly config: IngestConfig,
  ) {}

  /**
   * True when every frame that Kafka held at the call has been taken. A jump of business time then seals nothing that
   * an acknowledged frame still has a word in, however slow this machine is.
   */
  async isDrained(): Promise<boolean> {
    const admin = this.kafka.admin();
    try {
      await admin.connect();
      const ends = await admin.fetchTopicOffsets(topics.frame.name);
      const [group] = await admin.fetchOffsets({
        groupId: this.config.GRIDPACT_SERVICE,
        topics: [topics.frame.name],
      });
      const taken = new Map(group?.partitions.map(({ partition, offset }) => [partition, BigInt(offset)]));
      return ends.every(({ partition, low, high }) => low === high || (taken.get(partition) ?? -1n) >= BigInt(high));
    } finally {
      await admin.disconnect();
    }
  }
}
