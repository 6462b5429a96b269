import { formatInstant, instant } from '@gridpact/kernel';
import { type Transaction, rows } from '@gridpact/platform/postgres';
import { z } from 'zod';
import type { EnrolmentCode } from './enrolment-code.js';

const codeRow = z.object({
  party: z.string(),
  role: z.enum(['user', 'device']),
  expires_at: z.date(),
  refused_tries: z.int(),
  used_by_entry: z.string().nullable(),
});
const COLUMNS = 'party, role, expires_at, refused_tries, used_by_entry';

/** The code of a digest, locked until the transaction ends, so that two phones cannot use it at once. */
export async function lockCode(tx: Transaction, digest: string): Promise<EnrolmentCode | undefined> {
  const [row] = await rows(tx, `SELECT ${COLUMNS} FROM enrolment_code WHERE digest = $1 FOR UPDATE`, [digest]);
  return row === undefined ? undefined : codeOf(codeRow.parse(row));
}

/** Saves a code; replaces the party's waiting one, never a used one. Tells whether it did. */
export async function saveCode(tx: Transaction, code: EnrolmentCode, digest: string): Promise<boolean> {
  const saved = await rows(
    tx,
    `INSERT INTO enrolment_code (party, role, digest, expires_at) VALUES ($1, $2, $3, $4)
     ON CONFLICT (party) DO UPDATE
       SET role = excluded.role, digest = excluded.digest, expires_at = excluded.expires_at, refused_tries = 0
       WHERE enrolment_code.used_by_entry IS NULL
     RETURNING party`,
    [code.party, code.role, digest, formatInstant(code.expiresAt)],
  );
  return saved.length === 1;
}

export async function countRefusedTry(tx: Transaction, party: string): Promise<void> {
  await rows(tx, 'UPDATE enrolment_code SET refused_tries = refused_tries + 1 WHERE party = $1', [party]);
}

export async function useCode(tx: Transaction, party: string, entrySha256: string): Promise<void> {
  await rows(tx, 'UPDATE enrolment_code SET used_by_entry = $2 WHERE party = $1', [party, entrySha256]);
}

function codeOf(row: z.infer<typeof codeRow>): EnrolmentCode {
  return {
    party: row.party,
    role: row.role,
    expiresAt: instant(row.expires_at.getTime()),
    refusedTries: row.refused_tries,
    usedByEntry: row.used_by_entry,
  };
}
