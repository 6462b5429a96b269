import { formatInstant, type Instant } from '@gridpact/kernel';
import { rows, type Transaction } from '@gridpact/platform/postgres';
import type { BatchOpening, paymentItem } from '@gridpact/statement';
import { Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import type { z } from 'zod';
import type { OrderedLine } from './order-rules.js';

export type PaymentItem = z.infer<typeof paymentItem>;

/** An order of one payer, sealed as `payment.ordered`. */
export interface StoredOrder {
  readonly statement: string;
  readonly event: string;
  /** Counts an event's rounds of orders from 1. */
  readonly ordinal: number;
  readonly payer: string;
  readonly totalFen: bigint;
  readonly run: number;
  readonly at: Instant;
}

/** An ordered payment as it is listed. */
export interface OrderedPayment {
  readonly statement: string;
  readonly sealed: boolean;
  readonly run: number;
  readonly opening: BatchOpening<PaymentItem>;
}

/** Payment orders and what they cover. */
@Injectable()
export class OrderStore {
  async insert(tx: Transaction, order: StoredOrder, items: readonly BatchOpening<PaymentItem>[]): Promise<void> {
    const { statement, event, ordinal, payer, totalFen, run, at } = order;
    await rows(
      tx,
      `INSERT INTO payment_order (statement, event, ordinal, payer, total_fen, run, at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
      [statement, event, ordinal, payer, String(totalFen), run, formatInstant(at)],
    );
    await rows(
      tx,
      `INSERT INTO payment_item (statement, payment, payee, opening)
       SELECT $1, * FROM unnest($2::text[], $3::text[], $4::text[])`,
      [
        ...[statement, items.map(({ item }) => item.payment), items.map(({ item }) => item.payee)],
        items.map((opening) => JSON.stringify(opening)),
      ],
    );
  }

  async cover(tx: Transaction, event: string, ordinal: number, lines: readonly OrderedLine[]): Promise<void> {
    await rows(
      tx,
      `INSERT INTO ordered_line (event, ordinal, line, amount_fen, user_fen)
       SELECT $1, $2, * FROM unnest($3::text[], $4::bigint[], $5::bigint[])`,
      [
        ...[event, ordinal, lines.map(({ line }) => line), lines.map(({ amountFen }) => String(amountFen))],
        lines.map(({ userFen }) => String(userFen)),
      ],
    );
  }

  /** What was ordered so far, by line, and the ordinal of the next round. */
  async ordered(db: DataSource, event: string): Promise<{ lines: OrderedLine[]; next: number }> {
    const sums = await rows<{ line: string; amount: string; share: string; last: number }>(
      db,
      `SELECT line, sum(amount_fen)::text AS amount, sum(user_fen)::text AS share, max(ordinal) AS last
       FROM ordered_line WHERE event = $1 GROUP BY line`,
      [event],
    );
    const lines = sums.map(({ line, amount, share }) => ({ line, amountFen: BigInt(amount), userFen: BigInt(share) }));
    return { lines, next: Math.max(0, ...sums.map(({ last }) => last)) + 1 };
  }

  /** Payments of an event, by payer; of one payer only, when asked. */
  async list(db: DataSource, event: string, payer: string | null): Promise<OrderedPayment[]> {
    const found = await rows<Omit<OrderedPayment, 'opening'> & { opening: string }>(
      db,
      `SELECT payment_order.statement, sealed.statement IS NOT NULL AS sealed, run, opening
       FROM payment_item JOIN payment_order USING (statement) LEFT JOIN sealed USING (statement)
       WHERE event = $1 AND ($2::text IS NULL OR payer = $2) ORDER BY ordinal, payer, payee`,
      [event, payer],
    );
    return found.map((row) => ({ ...row, opening: JSON.parse(row.opening) as BatchOpening<PaymentItem> }));
  }
}
