import { Injectable } from '@nestjs/common';
import { dueTransition, type DueKind } from '@gridpact/dispatch';
import type { Instant } from '@gridpact/kernel';
import { inTransaction } from '@gridpact/platform/postgres';
import { DataSource } from 'typeorm';
import { ClearingService } from '../clearing/clearing.service.js';
import { DispatchService } from '../dispatch/dispatch.service.js';
import { EventLife } from '../event/event-life.js';
import { EventStore } from '../event/event-store.js';
import type { StoredEvent } from '../event/stored-event.js';

/** Does what falls due: each step locks the event, checks it again, and commits whole or not at all. */
@Injectable()
export class EventClockwork {
  constructor(
    private readonly dataSource: DataSource,
    private readonly events: EventStore,
    private readonly life: EventLife,
    private readonly clearing: ClearingService,
    private readonly dispatch: DispatchService,
  ) {}

  /** Moves every event as far as its next step allows at `now`; gives the number of steps taken. */
  async turn(now: Instant, failed: (event: string, error: unknown) => void): Promise<number> {
    let steps = 0;
    for (const stored of await this.events.live(this.dataSource)) {
      const due = dueTransition(stored.event, now);
      if (!due) continue;
      try {
        if (await this.step(stored, due.kind, now)) steps += 1;
      } catch (error) {
        failed(stored.announced.event, error);
      }
    }
    return steps;
  }

  private step(stored: StoredEvent, kind: DueKind, now: Instant): Promise<boolean> {
    switch (kind) {
      case 'clear':
        return this.clearing.clear(stored, now);
      case 'start':
        return this.dispatch.start(stored, now);
      case 'close-gate':
      case 'close-confirmation':
      case 'end':
        return this.move(stored.announced.event, kind, now);
    }
  }

  private move(id: string, kind: DueKind, now: Instant): Promise<boolean> {
    return inTransaction(this.dataSource, async (tx) => {
      const locked = await this.events.lock(tx, id);
      return locked ? (await this.life.move(tx, locked, { kind }, now)).ok : false;
    });
  }
}
