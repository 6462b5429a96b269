import { Injectable } from '@nestjs/common';
import { rows, type Transaction } from '@gridpact/platform/postgres';
import type { Pool, PoolClient } from 'pg';

/** Topic on which a gateway hears of dispatches. */
export function dispatchTopic(gateway: string): string {
  return `gridpact/v1/${gateway}/dispatch`;
}

/** Messages sent in one go at most. */
const MAX_BATCH = 100;

/** A message that waits for the broker. */
export interface GatewayMessage {
  readonly id: string;
  readonly topic: string;
  readonly payload: string;
}

/** MQTT messages that commit with the state they tell of, and are sent afterwards in order, at least once. */
@Injectable()
export class GatewayQueue {
  async add(tx: Transaction, topic: string, payload: object): Promise<void> {
    await rows(tx, 'INSERT INTO gateway_message (topic, payload) VALUES ($1, $2)', [topic, JSON.stringify(payload)]);
  }

  /** The oldest messages not sent yet, locked for this transaction; empty while another process sends. */
  async take(tx: PoolClient): Promise<GatewayMessage[]> {
    return rows<GatewayMessage>(
      tx,
      `SELECT id, topic, payload FROM gateway_message WHERE sent_at IS NULL
       ORDER BY id LIMIT ${MAX_BATCH} FOR UPDATE SKIP LOCKED`,
    );
  }

  async noteSent(tx: PoolClient, messages: readonly GatewayMessage[]): Promise<void> {
    const ids = messages.map(({ id }) => id);
    await rows(tx, 'UPDATE gateway_message SET sent_at = now() WHERE id = ANY ($1::bigint[])', [ids]);
  }

  async isEmpty(pool: Pool): Promise<boolean> {
    return (await rows(pool, 'SELECT FROM gateway_message WHERE sent_at IS NULL LIMIT 1')).length === 0;
  }
}
