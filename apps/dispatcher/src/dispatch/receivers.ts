import { Inject, Injectable } from '@nestjs/common';
import type { Instant } from '@gridpact/kernel';
import type { Transaction } from '@gridpact/platform/postgres';
import type { BodyOf } from '@gridpact/statement';
import { DISPATCHER_CONFIG, type DispatcherConfig } from '../config.js';
import type { StoredEvent } from '../event/stored-event.js';
import { dispatchTopic, GatewayQueue } from '../gateway/gateway-queue.js';
import { aggregatorEvent, publicEvent } from '../openadr/oadr-objects.js';
import { OadrStore } from '../openadr/oadr-store.js';

/** Whoever acts on an event: VENs that poll OpenADR objects, and gateways that listen on MQTT. */
@Injectable()
export class Receivers {
  constructor(
    private readonly oadr: OadrStore,
    private readonly queue: GatewayQueue,
    @Inject(DISPATCHER_CONFIG) private readonly config: DispatcherConfig,
  ) {}

  /** Makes the event visible: one object for all, without anybody's power, and one for each aggregator with its own. */
  async start(
    tx: Transaction,
    stored: StoredEvent,
    awards: readonly BodyOf<'award.issued'>[],
    now: Instant,
  ): Promise<void> {
    const shared = publicEvent(stored, now);
    await this.oadr.insert(tx, stored, { object: shared, audience: null });
    for (const award of awards) {
      const object = aggregatorEvent(stored, award, now);
      await this.oadr.insert(tx, stored, { object, audience: award.aggregator });
    }
    await this.tellGateways(tx, { objectType: 'EVENT', operation: 'CREATE', object: shared });
  }

  /** Takes the event back from all who could see it; nothing happens when it had not started. */
  async callOff(tx: Transaction, event: string): Promise<void> {
    const removed = await this.oadr.remove(tx, event);
    const shared = removed.find(({ audience }) => audience === null);
    if (shared) await this.tellGateways(tx, { objectType: 'EVENT', operation: 'DELETE', object: shared.object });
  }

  private async tellGateways(tx: Transaction, notification: object): Promise<void> {
    for (const gateway of this.config.GRIDPACT_DISPATCH_GATEWAYS) {
      await this.queue.add(tx, dispatchTopic(gateway), notification);
    }
  }
}
