import { Injectable } from '@nestjs/common';
import { announce, type AnnounceRefusalCode, type TransitionRefusalCode } from '@gridpact/dispatch';
import { ok, refuse, type Instant, type Result } from '@gridpact/kernel';
import { inTransaction } from '@gridpact/platform/postgres';
import type { RulePack } from '@gridpact/program';
import type { BodyOf, Statement } from '@gridpact/statement';
import { DataSource } from 'typeorm';
import { Receivers } from '../dispatch/receivers.js';
import { ProgramStore } from '../program/program-store.js';
import { PowerCompany } from '../statements/power-company.js';
import { EventPublisher } from './event-publisher.js';
import type { NewEvent } from './event.schema.js';
import { termsOf, type StoredEvent } from './stored-event.js';

/** Why an event was not announced. */
export type AnnouncementRefusalCode = AnnounceRefusalCode | 'unknown_program' | 'event_exists' | 'unsupported_response';
/** Why an event was not called off. */
export type CancelRefusalCode = TransitionRefusalCode | 'unknown_event';

/** Announces events and calls them off: both under the rule of two people, at the power company's own signer. */
@Injectable()
export class EventService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly programs: ProgramStore,
    private readonly powerCompany: PowerCompany,
    private readonly publisher: EventPublisher,
    private readonly receivers: Receivers,
  ) {}

  async announce(wanted: NewEvent, now: Instant): Promise<Result<StoredEvent, AnnouncementRefusalCode>> {
    const program = await this.programs.byId(this.dataSource, wanted.program);
    if (!program) return refuse('unknown_program', `no program is named ${wanted.program}`);
    const { direction, responseType } = program.rulePack;
    if (responseType !== 'day-ahead-invited' && responseType !== 'intraday') {
      return refuse('unsupported_response', `events of a ${responseType} program take no nominations`);
    }
    const announced = { ...wanted, direction, responseType };
    const event = announce(termsOf(announced), rulesOf(program.rulePack), now);
    if (!event.ok) return event;
    const { statement: programStatement } = program;
    const statement = await this.sign(announced, programStatement, now);
    const names = { statement: statement.leafHash, programStatement };
    const stored = { event: event.value, revision: 1, announced, ...names, announcedAt: now };
    const isNew = await inTransaction(this.dataSource, (tx) => this.publisher.announce(tx, stored, statement));
    return isNew ? ok(stored) : refuse('event_exists', `event ${wanted.event} is announced already`);
  }

  /** Calls an event off; whoever was told that it takes place is told that it does not, in the same transaction. */
  async cancel(id: string, reason: string, now: Instant): Promise<Result<StoredEvent, CancelRefusalCode>> {
    const known = await this.publisher.find(this.dataSource, id);
    if (!known) return refuse('unknown_event', `no event is named ${id}`);
    const statement = await this.powerCompany.say({
      type: 'event.cancelled',
      at: now,
      subject: id,
      parents: [known.statement],
      body: { event: id, reason },
    });
    return inTransaction(this.dataSource, async (tx) => {
      const cancelled = await this.publisher.cancel(tx, id, { statement, reason, now });
      if (cancelled.ok) await this.receivers.callOff(tx, id);
      return cancelled;
    });
  }

  private sign(
    body: BodyOf<'event.announced'>,
    programStatement: string,
    at: Instant,
  ): Promise<Statement<'event.announced'>> {
    const parents = [programStatement];
    return this.powerCompany.say({ type: 'event.announced', at, subject: body.event, parents, body });
  }
}

function rulesOf(pack: RulePack) {
  const { noticeLeadMs, intervalMs } = pack;
  return { noticeLeadMs, intervalMs, priceCapMicroCnyPerKwh: BigInt(pack.priceCapMicroCnyPerKwh) };
}
