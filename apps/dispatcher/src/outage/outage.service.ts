import { Injectable } from '@nestjs/common';
import { topics, type Outage } from '@gridpact/contracts';
import { instantOf, ok, refuse, type Instant, type Result } from '@gridpact/kernel';
import { Outbox } from '@gridpact/platform/outbox';
import { inTransaction, rows } from '@gridpact/platform/postgres';
import type { BodyOf } from '@gridpact/statement';
import { DataSource } from 'typeorm';
import { POWER_COMPANY, SETTLEMENT } from '../config.js';
import { EventReader } from '../event/event-reader.js';
import { PowerCompany } from '../statements/power-company.js';
import { Submissions } from '../statements/submissions.js';

/** Why an outage was not taken. */
export type OutageRefusalCode = 'unknown_event' | 'outage_empty' | 'outage_exists';

/** Takes outages of supply: signed, sealed, and told to settlement; aggregators see theirs in the settlement's dossier. */
@Injectable()
export class OutageService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly events: EventReader,
    private readonly powerCompany: PowerCompany,
    private readonly submissions: Submissions,
    private readonly outbox: Outbox,
  ) {}

  async flag(body: BodyOf<'outage.flagged'>, now: Instant): Promise<Result<Outage, OutageRefusalCode>> {
    const { event, feeder, start, end } = body;
    const stored = await this.events.byId(event);
    if (!stored) return refuse('unknown_event', `no event is named ${event}`);
    if (instantOf(start) >= instantOf(end)) return refuse('outage_empty', 'the outage ends before it starts');
    const parents = [stored.statement];
    const statement = await this.powerCompany.say({ type: 'outage.flagged', at: now, subject: event, parents, body });
    const outage = { ...body, statement: statement.leafHash };
    return inTransaction(this.dataSource, async (tx) => {
      const inserted = await rows(
        tx,
        `INSERT INTO outage (statement, event, feeder, starts_at, ends_at, body) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (event, feeder, starts_at, ends_at) DO NOTHING RETURNING statement`,
        [outage.statement, event, feeder, start, end, JSON.stringify(body)],
      );
      if (inserted.length === 0) return refuse('outage_exists', `this outage of feeder ${feeder} is flagged already`);
      await this.submissions.submit(tx, statement, { audience: [POWER_COMPANY, SETTLEMENT] });
      await this.outbox.add(tx, { topic: topics.outage, key: event, value: outage });
      return ok(outage);
    });
  }
}
