import { rows, type Transaction } from '../postgres/index.js';

/**
 * Ids that this consumer sees for the first time; records them, so that they commit with the effect. A concurrent
 * transaction on the same ids waits for this one. `consumer` names the effect, such as `settlement.commitment`.
 */
export async function onceOnly(tx: Transaction, consumer: string, messageIds: readonly string[]): Promise<Set<string>> {
  const fresh = await rows<{ message_id: string }>(
    tx,
    `INSERT INTO inbox (consumer, message_id)
     SELECT $1, id FROM (SELECT DISTINCT unnest($2::text[]) AS id) AS ids ORDER BY id
     ON CONFLICT DO NOTHING
     RETURNING message_id`,
    [consumer, messageIds],
  );
  return new Set(fresh.map((row) => row.message_id));
}
