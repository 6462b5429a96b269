import { Injectable } from '@nestjs/common';
import { topics } from '@gridpact/contracts';
import type { Instant } from '@gridpact/kernel';
import { Outbox } from '@gridpact/platform/outbox';
import type { Transaction } from '@gridpact/platform/postgres';
import type { BatchOpening, BodyOf, Statement } from '@gridpact/statement';
import { EventLife } from '../event/event-life.js';
import { EventStore } from '../event/event-store.js';
import { Submissions } from '../statements/submissions.js';
import { insertDispatches } from './dispatch-store.js';
import { Receivers } from './receivers.js';

/** A start, signed: the batch with the path of each receiver, and the awards that it calls in. */
export interface SignedDispatch {
  readonly statement: Statement<'dispatch.sent'>;
  readonly openings: readonly BatchOpening[];
  readonly awards: readonly BodyOf<'award.issued'>[];
  readonly sentAt: string;
}

/** Publishes a start: state, statement, messages to aggregators, and what VENs and gateways read, together. */
@Injectable()
export class DispatchPublisher {
  constructor(
    private readonly events: EventStore,
    private readonly life: EventLife,
    private readonly submissions: Submissions,
    private readonly outbox: Outbox,
    private readonly receivers: Receivers,
  ) {}

  async publish(tx: Transaction, event: string, signed: SignedDispatch, now: Instant): Promise<boolean> {
    const locked = await this.events.lock(tx, event);
    if (!locked) return false;
    const moved = await this.life.move(tx, locked, { kind: 'start' }, now);
    if (!moved.ok) return false;
    await insertDispatches(tx, event, signed.statement.leafHash, signed.openings);
    await this.submissions.submit(tx, signed.statement, { audience: [] });
    for (const award of signed.awards) await this.tellAggregator(tx, award, signed);
    await this.receivers.start(tx, moved.value, signed.awards, now);
    return true;
  }

  private async tellAggregator(
    tx: Transaction,
    { event, aggregator, intervals }: BodyOf<'award.issued'>,
    { statement, sentAt }: SignedDispatch,
  ): Promise<void> {
    const value = { event, aggregator, statement: statement.leafHash, intervals, at: sentAt };
    await this.outbox.add(tx, { topic: topics.dispatch, key: event, value });
  }
}
