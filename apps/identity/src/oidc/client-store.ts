import type { Pool } from 'pg';
import { z } from 'zod';
import type { Clients } from './adapter.js';
import { type ClientProof, type OauthClient, roleName } from './client.js';

/** Anything that runs SQL: a pool, or a transaction's query function. */
export type RunSql = (text: string, values: readonly unknown[]) => Promise<unknown>;

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

  /** Saves clients by id; one that is already there takes the new values, so that a start can be repeated. */
  async seed(clients: readonly OauthClient[]): Promise<void> {
    const run: RunSql = (text, values) => this.pool.query(text, [...values]);
    for (const client of clients) await run(UPSERT, columnsOf(client));
  }
}

/** Saves the client of a newly registered party, inside the transaction of its registration. */
export async function addClient(run: RunSql, client: OauthClient): Promise<void> {
  await run(INSERT, columnsOf(client));
}

const INSERT = `
  INSERT INTO oauth_client (client_id, party, roles, secret_sha256, jwk)
  VALUES ($1, $2, $3, $4, $5)`;
const UPSERT = `${INSERT}
  ON CONFLICT (client_id) DO UPDATE
  SET party = excluded.party, roles = excluded.roles, secret_sha256 = excluded.secret_sha256, jwk = excluded.jwk`;

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
