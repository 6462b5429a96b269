import { topics } from '@gridpact/contracts';
import { type Instant, type Result, ok, refuse } from '@gridpact/kernel';
import { Outbox } from '@gridpact/platform/outbox';
import { type Statement, prepare, signStatement } from '@gridpact/statement';
import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { findEvent } from '../events/event-store.js';
import { RANDOMNESS, type Randomness } from '../parties/randomness.js';
import { Signers } from '../parties/signers.js';
import { StatementBook } from '../statements/statement-book.js';
import { asTenant } from '../tenancy/scope.js';
import { type Nomination, type NominationRefusal, judgeNomination } from './nomination-rules.js';
import { addNomination, findUnrevealed, listNominations, saveRevealed, type Unrevealed } from './nomination-store.js';
import type { NominationRow } from './nomination.entity.js';

/** A nomination that went out. */
export interface Nominated {
  readonly event: string;
  readonly nomination: string;
}

/** Commits an aggregator's nominations, keeps what opens them, and reveals them after the gate. */
@Injectable()
export class NominationsService {
  constructor(
    private readonly source: DataSource,
    private readonly signers: Signers,
    private readonly book: StatementBook,
    private readonly outbox: Outbox,
    @Inject(RANDOMNESS) private readonly randomness: Randomness,
  ) {}

  list(tenant: string, event: string): Promise<NominationRow[]> {
    return asTenant(this.source, tenant, (tx) => listNominations(tx, event));
  }

  /** Signs a commitment and sends it to the dispatcher, whose promise decides; the body stays here. */
  async nominate(
    tenant: string,
    eventId: string,
    blocks: Nomination['blocks'],
    now: Instant,
  ): Promise<Result<Nominated, NominationRefusal>> {
    const event = await asTenant(this.source, tenant, (tx) => findEvent(tx, eventId));
    if (!event) return refuse('unknown_event', `no event ${eventId} was announced`);
    const judged = judgeNomination(event, { event: eventId, aggregator: tenant, blocks }, now);
    if (!judged.ok) return judged;
    const committed = await this.committed(tenant, event.statement, judged.value, now);
    const saved = await this.saveCommitted(tenant, committed, judged.value, now);
    if (saved) return ok({ event: eventId, nomination: committed.leafHash });
    return refuse('already_nominated', 'a nomination stands for this event');
  }

  /** Reveals what this tenant committed to events whose gate has closed; safe to call at any time, again and again. */
  async revealDue(tenant: string, now: Instant): Promise<void> {
    const waiting = await asTenant(this.source, tenant, (tx) => findUnrevealed(tx, now));
    for (const unrevealed of waiting) await this.reveal(tenant, unrevealed, now);
  }

  private async committed(tenant: string, announced: string, body: Nomination, now: Instant): Promise<Statement> {
    const said = {
      type: 'nomination.committed',
      at: now,
      by: tenant,
      subject: body.event,
      parents: [announced],
    } as const;
    const prepared = prepare({ ...said, body, salt: this.randomness.salt() });
    return signStatement(prepared, [await this.signers.of(tenant)]);
  }

  private saveCommitted(tenant: string, committed: Statement, body: Nomination, now: Instant): Promise<boolean> {
    const { leafHash, opening } = committed;
    if (!opening) throw new Error('a committed nomination has an opening');
    const undecided = { accepted: null, promise: null, refusalCode: null, refusalDetail: null, revealed: null };
    const named = { statement: leafHash, tenant, event: body.event, body, salt: opening.salt };
    return asTenant(this.source, tenant, async (tx) => {
      if (!(await addNomination(tx, { ...named, committedAt: now, ...undecided }))) return false;
      await this.book.keep(tx, { tenant, user: null }, committed);
      const sent = { event: body.event, aggregator: tenant, kind: 'committed' as const, entry: textOf(committed) };
      await this.outbox.add(tx, { topic: topics.nomination, key: body.event, value: sent });
      return true;
    });
  }

  private async reveal(tenant: string, { nomination }: Unrevealed, now: Instant): Promise<void> {
    const { body, statement } = nomination;
    const salt = Buffer.from(nomination.salt, 'base64url');
    const said = {
      type: 'nomination.revealed',
      at: now,
      by: tenant,
      subject: body.event,
      parents: [statement],
    } as const;
    const revealed = await signStatement(prepare({ ...said, body, salt }), [await this.signers.of(tenant)]);
    await asTenant(this.source, tenant, async (tx) => {
      if (!(await saveRevealed(tx, statement, revealed.leafHash))) return;
      await this.book.keep(tx, { tenant, user: null }, revealed);
      const opening = { salt: nomination.salt, body };
      const sent = {
        event: body.event,
        aggregator: tenant,
        kind: 'revealed' as const,
        entry: textOf(revealed),
        opening,
      };
      await this.outbox.add(tx, { topic: topics.nomination, key: body.event, value: sent });
    });
  }
}

function textOf({ entry }: Statement): string {
  return Buffer.from(entry).toString('base64');
}
