import { Injectable } from '@nestjs/common';
import type { TransitionRefusalCode } from '@gridpact/dispatch';
import type { Instant, Result } from '@gridpact/kernel';
import type { Transaction } from '@gridpact/platform/postgres';
import { required } from '@gridpact/kernel';
import type { Statement } from '@gridpact/statement';
import type { DataSource } from 'typeorm';
import { Submissions } from '../statements/submissions.js';
import { EventLife } from './event-life.js';
import { EventStore } from './event-store.js';
import type { StoredEvent } from './stored-event.js';

/** Publishes announcements and cancellations: state, statement and message as one. */
@Injectable()
export class EventPublisher {
  constructor(
    private readonly events: EventStore,
    private readonly life: EventLife,
    private readonly submissions: Submissions,
  ) {}

  find(db: DataSource | Transaction, id: string): Promise<StoredEvent | undefined> {
    return this.events.byId(db, id);
  }

  /** False when the event's id is taken; then nothing is published. */
  async announce(tx: Transaction, stored: StoredEvent, statement: Statement): Promise<boolean> {
    if (!(await this.events.insert(tx, stored))) return false;
    await this.submissions.submit(tx, statement, { audience: [] });
    await this.life.tell(tx, stored);
    return true;
  }

  async cancel(
    tx: Transaction,
    id: string,
    { statement, reason, now }: { readonly statement: Statement; readonly reason: string; readonly now: Instant },
  ): Promise<Result<StoredEvent, TransitionRefusalCode>> {
    const locked = required(await this.events.lock(tx, id), `event ${id}`);
    const moved = await this.life.move(tx, locked, { kind: 'cancel', reason }, now);
    if (moved.ok) await this.submissions.submit(tx, statement, { audience: [] });
    return moved;
  }
}
