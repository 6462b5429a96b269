import { type Result, ok, refuse } from '@gridpact/kernel';
import { BUSINESS_CLOCK } from '@gridpact/platform/app';
import type { BusinessClock } from '@gridpact/platform/clock';
import { inTransaction } from '@gridpact/platform/postgres';
import type { BodyOf, Opening } from '@gridpact/statement';
import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { POWER_COMPANY } from '../config.js';
import { LedgerReader } from '../ledger/ledger-reader.js';
import { Payers } from '../statements/payers.js';
import { DisputeBook } from './dispute-book.js';
import { type DisputeRefusal, readDispute } from './dispute-rules.js';
import type { Dispute } from './dispute-store.js';

/** Why a dispute or a ruling is not taken. */
export type RaiseRefusal = DisputeRefusal | 'unknown_run' | 'unknown_line' | 'already_disputed';
export type RulingRefusal = 'unknown_dispute' | 'already_ruled';

export type Ruling = Pick<BodyOf<'dispute.resolved'>, 'outcome' | 'reason'>;

/** Takes disputes of users and the power company's rulings on them; both are sealed. */
@Injectable()
export class DisputeService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly book: DisputeBook,
    private readonly ledger: LedgerReader,
    private readonly payers: Payers,
    @Inject(BUSINESS_CLOCK) private readonly clock: BusinessClock,
  ) {}

  async raise(
    entry: Uint8Array,
    opening: Opening,
    user: string,
  ): Promise<Result<{ statement: string; dispute: string }, RaiseRefusal>> {
    const read = readDispute(entry, opening, user, await this.ledger.keys());
    if (!read.ok) return read;
    const { statement, body } = read.value;
    const contested = await this.book.contested(body, user);
    if (!contested.ok) return contested;
    const named = { dispute: body.dispute, reason: body.reason, evidenceSha256: body.evidenceSha256 };
    const dispute = { ...contested.value, ...named, statement: statement.leafHash };
    return inTransaction(this.dataSource, async (tx) => {
      const taken = await this.book.open(tx, dispute, { entry, opening, at: this.clock.now() });
      if (!taken) return refuse('already_disputed', `line ${dispute.line} is under dispute, or the id is used`);
      return ok({ statement: dispute.statement, dispute: dispute.dispute });
    });
  }

  async rule(id: string, { outcome, reason }: Ruling): Promise<Result<Dispute, RulingRefusal>> {
    const dispute = await this.book.byId(id);
    if (!dispute || dispute.state === 'refused') return refuse('unknown_dispute', `no dispute is named ${id}`);
    if (dispute.state !== 'open') return refuse('already_ruled', `dispute ${id} was ${dispute.state}`);
    const body = { dispute: id, event: dispute.event, outcome, reason };
    const said = {
      by: POWER_COMPANY,
      at: this.clock.now(),
      subject: dispute.event,
      parents: [dispute.statement],
      body,
    };
    const statement = await this.payers.say({ type: 'dispute.resolved', ...said });
    return inTransaction(this.dataSource, async (tx) => {
      if (await this.book.close(tx, dispute, { outcome, reason, statement })) return ok(await this.book.now(tx, id));
      return refuse('already_ruled', `dispute ${id} was ruled on meanwhile`);
    });
  }
}
