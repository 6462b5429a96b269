import { type MachineInstant, formatInstant } from '@gridpact/kernel';
import { type Receipt, topics } from '@gridpact/contracts';
import type { Outbox } from '@gridpact/platform/outbox';
import { inTransaction, rows } from '@gridpact/platform/postgres';
import { statementType } from '@gridpact/statement';
import { TileTree, formatTlogProof, toHex } from '@gridpact/tlog';
import type { Pool } from 'pg';
import { tileReader } from '../store/log-store.js';
import type { StoredEntry } from './growth.js';

/** What is published: a cosigned checkpoint and the size that it covers. */
export interface Publication {
  readonly size: number;
  /** Signed and cosigned; empty before the first. */
  readonly checkpoint: string;
}

/** The last publication that committed. */
export async function readPublication(pool: Pool): Promise<Publication> {
  const [row] = await rows<{ size: string; checkpoint: string }>(pool, 'SELECT size, checkpoint FROM publication');
  return { size: Number(row?.size ?? 0), checkpoint: row?.checkpoint ?? '' };
}

/** Commits a publication together with the receipts of the entries that it is the first to cover. */
export async function commitPublication(
  { pool, outbox }: { pool: Pool; outbox: Outbox },
  from: Publication,
  to: Publication,
  entries: readonly StoredEntry[],
  at: MachineInstant,
): Promise<void> {
  const tree = new TileTree(to.size, tileReader(pool));
  const receipts: { value: Receipt; traceparent: string | null }[] = [];
  for (const entry of entries) {
    receipts.push({ value: await receiptOf(tree, to.checkpoint, entry, at), traceparent: entry.traceparent });
  }
  await inTransaction(pool, async (tx) => {
    const moved = await rows(
      tx,
      'UPDATE publication SET size = $1, checkpoint = $2, published_at = $3 WHERE size = $4 RETURNING size',
      [to.size, to.checkpoint, formatInstant(at), from.size],
    );
    if (moved.length !== 1) throw new Error(`another process published beyond size ${from.size}`);
    for (const { value, traceparent } of receipts) {
      const message = { topic: topics.receipt, key: value.subject, value, id: `receipt-${value.statement}` };
      await outbox.add(tx, traceparent ? { ...message, cause: { traceparent } } : message);
    }
  });
}

/** Receipt (tlog-proof) of an entry under a published checkpoint. */
export async function receiptOf(
  tree: TileTree,
  checkpoint: string,
  { index, leafHash, type, subject }: Pick<StoredEntry, 'index' | 'leafHash' | 'type' | 'subject'>,
  sealedAt: MachineInstant,
): Promise<Receipt> {
  const receipt = formatTlogProof({ index, path: await tree.inclusionProof(index), checkpoint });
  const statement = toHex(leafHash);
  return { statement, index, type: statementType.parse(type), subject, receipt, sealedAt: formatInstant(sealedAt) };
}
