import { Injectable } from '@nestjs/common';
import type { NominationDecision } from '@gridpact/contracts';
import type { BookedNomination, RevealState } from '@gridpact/dispatch';
import { decimal, formatInstant, instant, required, type Instant } from '@gridpact/kernel';
import { rows, type Transaction } from '@gridpact/platform/postgres';
import type { DataSource } from 'typeorm';

/** What is known of an arrival: when it came first, and what was answered. */
export interface ArrivalState {
  readonly receivedAt: Instant;
  readonly decision: NominationDecision | null;
}

/** Names of a nomination statement on its way in. */
export type ArrivalNames = Pick<NominationDecision, 'event' | 'aggregator' | 'nomination'>;

interface BookRow {
  readonly statement: string;
  readonly aggregator: string;
  readonly commitment: string;
  readonly received_at: Date;
  readonly late: boolean;
  readonly log_index: string | null;
  readonly reveal: RevealJson;
}

type RevealJson =
  | { readonly kind: 'none' }
  | { readonly kind: 'mismatch' }
  | {
      readonly kind: 'revealed';
      readonly statement: string;
      readonly blocks: readonly { readonly watt: string; readonly priceMicroCnyPerKwh: string }[];
    };

/** Arrivals of nomination statements, and the nomination book of each event. */
@Injectable()
export class NominationStore {
  /** Records when a statement came first; one that came before keeps its moment and its answer. */
  async arrive(tx: Transaction, { nomination, event, aggregator }: ArrivalNames, now: Instant): Promise<ArrivalState> {
    await rows(
      tx,
      'INSERT INTO arrival (statement, event, aggregator, received_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING',
      [nomination, event, aggregator, formatInstant(now)],
    );
    const [row] = await rows<{ received_at: Date; decision: NominationDecision | null }>(
      tx,
      'SELECT received_at, decision FROM arrival WHERE statement = $1',
      [nomination],
    );
    const { received_at, decision } = required(row, 'arrival');
    return { receivedAt: instant(received_at.getTime()), decision };
  }

  /** What a statement was answered, when it was; nobody else answers it before this transaction ends. */
  async answerTo(tx: Transaction, nomination: string): Promise<NominationDecision | null> {
    const [row] = await rows<{ decision: NominationDecision | null }>(
      tx,
      'SELECT decision FROM arrival WHERE statement = $1 FOR UPDATE',
      [nomination],
    );
    return row?.decision ?? null;
  }

  /** Records the answer. */
  async answer(tx: Transaction, decision: NominationDecision): Promise<void> {
    await rows(tx, 'UPDATE arrival SET decision = $2 WHERE statement = $1', [
      decision.nomination,
      JSON.stringify(decision),
    ]);
  }

  /** True while statements that came in have no answer yet: clearing waits for them. */
  async hasUnanswered(db: DataSource | Transaction, event: string): Promise<boolean> {
    const waiting = await rows(db, 'SELECT FROM arrival WHERE event = $1 AND decision IS NULL LIMIT 1', [event]);
    return waiting.length > 0;
  }

  /** The book of an event, without nominations that the ledger refused, since those are not in the log. */
  async book(db: DataSource | Transaction, event: string): Promise<BookedNomination[]> {
    const found = await rows<BookRow>(
      db,
      `SELECT n.statement, n.aggregator, n.commitment, n.received_at, n.late, n.reveal, s.log_index
       FROM nomination n LEFT JOIN sealed s USING (statement)
       WHERE n.event = $1 AND NOT EXISTS (SELECT FROM ledger_refusal r WHERE r.statement = n.statement)
       ORDER BY n.received_at, n.statement`,
      [event],
    );
    return found.map(bookedOf);
  }

  /** Enters a nomination, or what its reveal changed. */
  async enter(tx: Transaction, event: string, booked: BookedNomination): Promise<void> {
    await rows(
      tx,
      `INSERT INTO nomination (statement, event, aggregator, commitment, received_at, late, reveal)
       VALUES ($1, $2, $3, $4, $5, $6, $7)
       ON CONFLICT (statement) DO UPDATE SET reveal = excluded.reveal`,
      [
        booked.nomination,
        event,
        booked.aggregator,
        booked.commitment,
        formatInstant(booked.receivedAt),
        booked.late,
        JSON.stringify(revealJson(booked.reveal)),
      ],
    );
  }
}

function bookedOf(row: BookRow): BookedNomination {
  return {
    nomination: row.statement,
    aggregator: row.aggregator,
    commitment: row.commitment,
    receivedAt: instant(row.received_at.getTime()),
    late: row.late,
    index: row.log_index === null ? null : Number(row.log_index),
    reveal: revealOf(row.reveal),
  };
}

function revealOf(json: RevealJson): RevealState {
  if (json.kind !== 'revealed') return json;
  const blocks = json.blocks.map(({ watt, priceMicroCnyPerKwh }) => {
    return { watt: BigInt(watt), priceMicroCnyPerKwh: BigInt(priceMicroCnyPerKwh) };
  });
  return { ...json, blocks };
}

function revealJson(reveal: RevealState): RevealJson {
  if (reveal.kind !== 'revealed') return reveal;
  const blocks = reveal.blocks.map(({ watt, priceMicroCnyPerKwh }) => {
    return { watt: decimal(watt), priceMicroCnyPerKwh: decimal(priceMicroCnyPerKwh) };
  });
  return { ...reveal, blocks };
}
