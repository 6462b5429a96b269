import { type Instant, formatInstant, instant } from '@gridpact/kernel';
import { type Transaction, rows } from '@gridpact/platform/postgres';
import type { Pool } from 'pg';
import { z } from 'zod';

/** A registered party with its first key, and what became of its statement. */
export interface Registration {
  readonly party: string;
  readonly role: string;
  readonly kid: string;
  /** Leaf hash (hex) of the countersigned `party.registered`. */
  readonly statement: string;
  readonly registeredAt: Instant;
  /** Index in the log once sealed. */
  readonly logIndex: number | null;
  /** Why the ledger refused it, should it have. */
  readonly refusal: string | null;
}

const registrationRow = z.object({
  party: z.string(),
  role: z.string(),
  kid: z.string(),
  statement: z.string(),
  registered_at: z.date(),
  log_index: z.coerce.number().int().nullable(),
  refusal: z.string().nullable(),
});

/** A registration about to be saved. */
export type NewRegistration = Omit<Registration, 'logIndex' | 'refusal'> & { readonly entry: Uint8Array };

/** Saves a registration; false when the key is registered already. */
export async function saveRegistration(tx: Transaction, added: NewRegistration): Promise<boolean> {
  const saved = await rows(
    tx,
    `INSERT INTO registration (party, role, kid, statement, entry, registered_at)
     VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (kid) DO NOTHING RETURNING party`,
    [added.party, added.role, added.kid, added.statement, Buffer.from(added.entry), formatInstant(added.registeredAt)],
  );
  return saved.length === 1;
}

export async function findRegistration(source: Transaction | Pool, party: string): Promise<Registration | undefined> {
  const columns = 'party, role, kid, statement, registered_at, log_index, refusal';
  const [row] = await rows(source, `SELECT ${columns} FROM registration WHERE party = $1`, [party]);
  return row === undefined ? undefined : registrationOf(registrationRow.parse(row));
}

/** Notes that a statement was sealed; of a statement that is no registration it changes nothing. */
export async function noteSealed(pool: Pool, statement: string, logIndex: number): Promise<void> {
  const sql = 'UPDATE registration SET log_index = $2, refusal = NULL WHERE statement = $1';
  await pool.query(sql, [statement, logIndex]);
}

/** Notes that the ledger refused a registration, unless it is sealed; tells whether the statement is one of ours. */
export async function noteRefused(pool: Pool, statement: string, refusal: string): Promise<boolean> {
  const sql = 'UPDATE registration SET refusal = $2 WHERE statement = $1 AND log_index IS NULL';
  const noted = await pool.query(sql, [statement, refusal]);
  return noted.rowCount === 1;
}

function registrationOf(row: z.infer<typeof registrationRow>): Registration {
  const { party, role, kid, statement, refusal } = row;
  const registeredAt = instant(row.registered_at.getTime());
  return { party, role, kid, statement, registeredAt, logIndex: row.log_index, refusal };
}
