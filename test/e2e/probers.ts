import { createHash } from 'node:crypto';
import { ADMIN, withDatabase, type Stack } from '@gridpact/deploy';
import { clientToken } from './staff.ts';

/** Every role that a token can carry. */
export const ROLES = ['operator', 'approver', 'aggregator', 'user', 'regulator', 'service', 'device'] as const;
export type Role = (typeof ROLES)[number];

/** Opens an account of each role and gives their access tokens; only the aggregator's is for a party that is known. */
export async function probersOf(stack: Stack): Promise<ReadonlyMap<Role, string>> {
  const accounts = ROLES.map((role) => ({
    role,
    id: `prober-${role}`,
    party: role === 'aggregator' ? 'aggregator-1' : `prober-${role}`,
    secret: `${role}-`.padEnd(40, 'x'),
  }));
  await withDatabase(stack, ADMIN, stack.postgres.database, async (client) => {
    for (const { role, id, party, secret } of accounts) {
      const digest = createHash('sha256').update(secret).digest('hex');
      const sql = 'INSERT INTO identity.oauth_client (client_id, party, roles, secret_sha256) VALUES ($1, $2, $3, $4)';
      await client.query(sql, [id, party, [role], digest]);
    }
  });
  const tokens = accounts.map(async ({ role, id, secret }): Promise<[Role, string]> => {
    return [role, await clientToken(stack, id, secret)];
  });
  return new Map(await Promise.all(tokens));
}
