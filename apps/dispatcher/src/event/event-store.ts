import { Injectable } from '@nestjs/common';
import type { DrEventState } from '@gridpact/dispatch';
import { formatInstant } from '@gridpact/kernel';
import { rows, type Transaction } from '@gridpact/platform/postgres';
import type { DataSource } from 'typeorm';
import { storedEventOf, type EventRow, type StoredEvent } from './stored-event.js';

const COLUMNS = `state, revision, since, announced, statement, program_statement, announced_at,
  settled_run, cancelled_from, cancel_reason`;

/** States that the clock moves on by itself. */
const LIVE_STATES: readonly DrEventState[] = ['announced', 'gate-closed', 'cleared', 'confirmed', 'active'];
/** Live events that one look takes in; far more than a power company runs at once. */
const MAX_LIVE = 1000;

/** DR events; the `state` column and its constraints are the authority. */
@Injectable()
export class EventStore {
  /** Stores an announced event; false when its id is taken. */
  async insert(tx: Transaction, stored: StoredEvent): Promise<boolean> {
    const { event, announced } = stored;
    const inserted = await rows(
      tx,
      `INSERT INTO dr_event (id, program, state, revision, since, announced, statement, program_statement, announced_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (id) DO NOTHING RETURNING id`,
      [
        announced.event,
        announced.program,
        event.state,
        stored.revision,
        formatInstant(event.since),
        JSON.stringify(announced),
        stored.statement,
        stored.programStatement,
        formatInstant(stored.announcedAt),
      ],
    );
    return inserted.length === 1;
  }

  async byId(db: DataSource | Transaction, id: string): Promise<StoredEvent | undefined> {
    const [row] = await rows<EventRow>(db, `SELECT ${COLUMNS} FROM dr_event WHERE id = $1`, [id]);
    return row && storedEventOf(row);
  }

  /** Reads an event to change it: nobody else changes it before this transaction ends. */
  async lock(tx: Transaction, id: string): Promise<StoredEvent | undefined> {
    const [row] = await rows<EventRow>(tx, `SELECT ${COLUMNS} FROM dr_event WHERE id = $1 FOR UPDATE`, [id]);
    return row && storedEventOf(row);
  }

  /** Reads an event so that it does not change before this transaction ends; several may do so at once. */
  async hold(tx: Transaction, id: string): Promise<StoredEvent | undefined> {
    const [row] = await rows<EventRow>(tx, `SELECT ${COLUMNS} FROM dr_event WHERE id = $1 FOR SHARE`, [id]);
    return row && storedEventOf(row);
  }

  /** Writes the state that a locked event has moved to. */
  async update(tx: Transaction, { event, revision, announced }: StoredEvent): Promise<void> {
    const cancelled = event.state === 'cancelled' ? event : null;
    await rows(
      tx,
      `UPDATE dr_event SET state = $2, revision = $3, since = $4, settled_run = $5, cancelled_from = $6,
         cancel_reason = $7
       WHERE id = $1`,
      [
        announced.event,
        event.state,
        revision,
        formatInstant(event.since),
        event.state === 'settled' ? event.run : null,
        cancelled?.from ?? null,
        cancelled?.reason ?? null,
      ],
    );
  }

  /** Events that the clock may have something to say about, oldest first. */
  async live(db: DataSource | Transaction): Promise<StoredEvent[]> {
    const found = await rows<EventRow>(
      db,
      `SELECT ${COLUMNS} FROM dr_event WHERE state = ANY ($1) ORDER BY announced_at, id LIMIT ${MAX_LIVE}`,
      [LIVE_STATES],
    );
    return found.map(storedEventOf);
  }

  /** A page of events, newest first. */
  async page(db: DataSource | Transaction, skip: number, limit: number): Promise<StoredEvent[]> {
    const found = await rows<EventRow>(
      db,
      `SELECT ${COLUMNS} FROM dr_event ORDER BY announced_at DESC, id OFFSET $1 LIMIT $2`,
      [skip, limit],
    );
    return found.map(storedEventOf);
  }
}
