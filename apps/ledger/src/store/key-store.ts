import { rows, type Transaction } from '@gridpact/platform/postgres';
import { type KeyInLog, KeyRing, partyRole, suiteName } from '@gridpact/statement';
import type { Pool } from 'pg';

interface KeyRow {
  readonly kid: string;
  readonly suite: string;
  readonly jwk: Record<string, string>;
  readonly use: string;
  readonly party: string;
  readonly role: string;
  readonly operator: string | null;
  readonly from_index: string;
  readonly statement: Buffer;
  readonly until_index: string | null;
}

/** All keys of the log, in log order. */
export async function readKeys(tx: Transaction | Pool): Promise<KeyRing> {
  const found = await rows<KeyRow>(tx, 'SELECT * FROM party_key ORDER BY from_index, kid');
  return new KeyRing(found.map(keyOf));
}

/** Writes keys that entries brought or ended. */
export async function writeKeys(tx: Transaction, keys: readonly KeyInLog[]): Promise<void> {
  for (const key of keys) {
    await rows(
      tx,
      `INSERT INTO party_key (kid, suite, jwk, use, party, role, operator, from_index, statement, until_index)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, decode($9, 'hex'), $10)
       ON CONFLICT (kid) DO UPDATE SET until_index = excluded.until_index`,
      [
        key.kid,
        key.suite,
        JSON.stringify(key.jwk),
        key.use,
        key.party,
        key.role,
        key.operator,
        key.fromIndex,
        key.statement,
        key.untilIndex,
      ],
    );
  }
}

function keyOf(row: KeyRow): KeyInLog {
  return {
    kid: row.kid,
    suite: suiteName.parse(row.suite),
    jwk: row.jwk,
    use: row.use,
    party: row.party,
    role: partyRole.parse(row.role),
    operator: row.operator,
    fromIndex: Number(row.from_index),
    statement: row.statement.toString('hex'),
    untilIndex: row.until_index === null ? null : Number(row.until_index),
  };
}
