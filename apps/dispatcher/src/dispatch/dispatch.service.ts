import { randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { formatInstant, type Instant } from '@gridpact/kernel';
import { inTransaction } from '@gridpact/platform/postgres';
import { sealBatch, SALT_BYTES } from '@gridpact/statement';
import { DataSource } from 'typeorm';
import { ClearingStore } from '../clearing/clearing-store.js';
import { DISPATCHER_CONFIG, type DispatcherConfig } from '../config.js';
import type { StoredEvent } from '../event/stored-event.js';
import { OwnVoice } from '../statements/own-voice.js';
import { dispatchItems } from './dispatch-items.js';
import { DispatchPublisher, type SignedDispatch } from './dispatch-publisher.js';

/** Starts events: what each receiver is sent is sealed as one batch, and all of them are told, or none. */
@Injectable()
export class DispatchService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly clearings: ClearingStore,
    private readonly voice: OwnVoice,
    private readonly publisher: DispatchPublisher,
    @Inject(DISPATCHER_CONFIG) private readonly config: DispatcherConfig,
  ) {}

  /** False when the event is no longer waiting to start. */
  async start(stored: StoredEvent, now: Instant): Promise<boolean> {
    const signed = await this.sign(stored, now);
    return inTransaction(this.dataSource, (tx) => this.publisher.publish(tx, stored.announced.event, signed, now));
  }

  private async sign(stored: StoredEvent, now: Instant): Promise<SignedDispatch> {
    const { event } = stored.announced;
    const issued = await this.clearings.awards(this.dataSource, event);
    const awards = issued.map(({ award }) => award);
    const facts = { event, sentAt: formatInstant(now), awards, gateways: this.config.GRIDPACT_DISPATCH_GATEWAYS };
    const items = dispatchItems(facts).map((item) => ({
      recipient: item.recipient,
      item,
      salt: randomBytes(SALT_BYTES),
    }));
    const { root, count, openings } = sealBatch(items);
    const parents = issued.length > 0 ? issued.map(({ statement }) => statement) : [stored.statement];
    const body = { event, kind: 'dispatch' as const, batch: { root, count } };
    const statement = await this.voice.say({ type: 'dispatch.sent', at: now, subject: event, parents, body });
    return { statement, openings, awards, sentAt: facts.sentAt };
  }
}
