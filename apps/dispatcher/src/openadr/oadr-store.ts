import { Injectable } from '@nestjs/common';
import { endsAt } from '@gridpact/dispatch';
import { formatInstant, type Instant } from '@gridpact/kernel';
import type { EventSearchQuery, OadrEvent, OadrReport } from '@gridpact/openadr-wire';
import { rows, type Transaction } from '@gridpact/platform/postgres';
import type { DataSource } from 'typeorm';
import type { StoredEvent } from '../event/stored-event.js';

/** An OpenADR event and the one party that sees it; null when all do. */
export interface VisibleEvent {
  readonly object: OadrEvent;
  readonly audience: string | null;
}

/** Priority first (0 is highest, none is lowest), then newest first; the id makes the order total. */
const ORDER = `(object ->> 'priority')::int ASC NULLS LAST, created_at DESC, id`;
/** $1 names the party that asks; null asks for all. */
const VISIBLE = `($1::text IS NULL OR audience IS NULL OR audience = $1)`;

/** OpenADR objects that VENs poll, and what they report. */
@Injectable()
export class OadrStore {
  async insert(tx: Transaction, stored: StoredEvent, { object, audience }: VisibleEvent): Promise<void> {
    const { event, program } = stored.announced;
    await rows(
      tx,
      `INSERT INTO oadr_event (id, event, program, audience, object, created_at, ends_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7)`,
      [
        object.id,
        event,
        program,
        audience,
        JSON.stringify(object),
        object.createdDateTime,
        formatInstant(endsAt(stored.event.terms)),
      ],
    );
  }

  /** Removes the objects of a DR event; gives them back. */
  async remove(tx: Transaction, event: string): Promise<VisibleEvent[]> {
    return rows<VisibleEvent>(tx, 'DELETE FROM oadr_event WHERE event = $1 RETURNING object, audience', [event]);
  }

  /** Events that a party sees, in a stable order, so that pages join without gap or repeat. */
  async search(
    db: DataSource,
    party: string | null,
    { programID, targets, active, skip, limit }: EventSearchQuery,
    now: Instant,
  ): Promise<OadrEvent[]> {
    const found = await rows<{ object: OadrEvent }>(
      db,
      `SELECT object FROM oadr_event
       WHERE ${VISIBLE} AND ($2::text IS NULL OR program = $2)
         AND (cardinality($3::text[]) = 0 OR object -> 'targets' ?| $3::text[])
         AND (NOT $4::boolean OR ends_at > $5)
       ORDER BY ${ORDER} OFFSET $6 LIMIT $7`,
      [party, programID ?? null, targets, active, formatInstant(now), skip, limit],
    );
    return found.map(({ object }) => object);
  }

  async byId(db: DataSource, party: string | null, id: string): Promise<OadrEvent | undefined> {
    const [row] = await rows<{ object: OadrEvent }>(db, `SELECT object FROM oadr_event WHERE ${VISIBLE} AND id = $2`, [
      party,
      id,
    ]);
    return row?.object;
  }

  async insertReport(db: DataSource, report: OadrReport): Promise<void> {
    await rows(db, 'INSERT INTO oadr_report (id, event, client, object, created_at) VALUES ($1, $2, $3, $4, $5)', [
      report.id,
      report.eventID,
      report.clientID,
      JSON.stringify(report),
      report.createdDateTime,
    ]);
  }
}
