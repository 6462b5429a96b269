import type { Receipt } from '@gridpact/contracts';
import { rows, type Transaction } from '@gridpact/platform/postgres';
import { Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';

/** Which statements are sealed, as far as this service was told. */
@Injectable()
export class SealStore {
  /** Notes the index of each statement; a repeated receipt changes nothing. */
  async noteSealed(tx: Transaction, receipts: readonly Receipt[]): Promise<void> {
    await rows(
      tx,
      `INSERT INTO sealed (statement, log_index)
       SELECT * FROM unnest($1::text[], $2::bigint[]) ON CONFLICT DO NOTHING`,
      [receipts.map(({ statement }) => statement), receipts.map(({ index }) => index)],
    );
  }

  /** True when a receipt of the statement came. */
  async isSealed(db: DataSource | Transaction, statement: string): Promise<boolean> {
    return (await rows(db, 'SELECT 1 FROM sealed WHERE statement = $1', [statement])).length === 1;
  }
}
