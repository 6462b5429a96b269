import { type Transaction, rows } from '@gridpact/platform/postgres';
import type { Pool } from 'pg';
import { z } from 'zod';
import type { Clients } from './adapter.js';
import { type ClientProof, type OauthClient, roleName } from './client.js';

const clientRow = z.object({
  client_id: z.string(),
  party: z.string(),
  roles: z.array(roleName),
  secret_sha256: z.string().nullable(),
  jwk: z.record(z.string(), z.string()).nullable(),
});

/** OAuth clients in PostgreSQL; every instance sees the same ones, a change counts from the next token on. */
export class ClientStore implements Clients {
  constructor(private readonly pool: Pool) {}

  async find(id: string): Promise<OauthClient | undefined> {
    const found = await this.pool.query(
      'SELECT client_id, party, roles, secret_sha256, jwk FROM oauth_client WHERE client_id = $1',
      [id],
    );
    const row: unknown = found.rows[0];
    return row === undefined ? undefined : clientOf(clientRow.parse(row));
  }

  /** Saves clients by id; a seeded one that is there takes the new values, a registered one is never taken over. */
  async seed(clients: readonly OauthClient[]): Promise<void> {
    for (const client of clients) await this.pool.query(UPSERT, columnsOf(client));
  }
}

/** Saves the client of a newly registered party, inside the transaction of its registration. */
export async function addClient(tx: Transaction, client: OauthClient): Promise<void> {
  await rows(tx, INSERT, columnsOf(client));
}

/** True when a client speaks for the party, or has its name. */
export async function isPartyTaken(tx: Transaction, party: string): Promise<boolean> {
  const found = await rows(tx, 'SELECT 1 FROM oauth_client WHERE party = $1 OR client_id = $1 LIMIT 1', [party]);
  return found.length > 0;
}

const INSERT = `
  INSERT INTO oauth_client (client_id, party, roles, secret_sha256, jwk)
  VALUES ($1, $2, $3, $4, $5)`;
const UPSERT = `${INSERT}
  ON CONFLICT (client_id) DO UPDATE
  SET party = excluded.party, roles = excluded.roles, secret_sha256 = excluded.secret_sha256
  WHERE oauth_client.jwk IS NULL`;

function columnsOf({ id, party, roles, proof }: OauthClient): unknown[] {
  const secret = proof.kind === 'secret' ? proof.secretSha256 : null;
  const jwk = proof.kind === 'key' ? JSON.stringify(proof.jwk) : null;
  return [id, party, [...roles], secret, jwk];
}

function clientOf(row: z.infer<typeof clientRow>): OauthClient {
  return { id: row.client_id, party: row.party, roles: row.roles, proof: proofOf(row) };
}

function proofOf({ client_id, secret_sha256, jwk }: z.infer<typeof clientRow>): ClientProof {
  if (jwk) return { kind: 'key', alg: jwk['kty'] === 'EC' ? 'ES256' : 'EdDSA', jwk };
  if (secret_sha256) return { kind: 'secret', secretSha256: secret_sha256 };
  throw new Error(`client ${client_id} has neither secret nor key`);
}
