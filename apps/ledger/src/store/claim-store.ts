import { rows, type Transaction } from '@gridpact/platform/postgres';
import type { Claim } from '../rules/claims.js';

/** A claim with the statement that holds it now. */
export interface HeldClaim extends Claim {
  readonly leafHash: string;
}

/** Present holders (leaf hash, hex) of claims, by {@link claimName}. */
export async function readHolders(tx: Transaction, claims: readonly Claim[]): Promise<Map<string, string>> {
  const found = await rows<{ scope: string; key: string; leaf_hash: Buffer }>(
    tx,
    `SELECT scope, key, leaf_hash FROM claim
     JOIN (SELECT DISTINCT * FROM unnest($1::text[], $2::text[]) AS asked (scope, key)) AS asked USING (scope, key)`,
    [claims.map(({ scope }) => scope), claims.map(({ key }) => key)],
  );
  return new Map(found.map((row) => [claimName(row), row.leaf_hash.toString('hex')]));
}

/** Writes the holders after a batch; a claim that moved on within the batch is written once, with its last holder. */
export async function writeHolders(tx: Transaction, held: readonly HeldClaim[]): Promise<void> {
  const last = [...new Map(held.map((claim) => [claimName(claim), claim])).values()];
  await rows(
    tx,
    `INSERT INTO claim (scope, key, leaf_hash)
     SELECT scope, key, decode(leaf_hash, 'hex') FROM unnest($1::text[], $2::text[], $3::text[]) AS held (scope, key, leaf_hash)
     ON CONFLICT (scope, key) DO UPDATE SET leaf_hash = excluded.leaf_hash`,
    [last.map(({ scope }) => scope), last.map(({ key }) => key), last.map(({ leafHash }) => leafHash)],
  );
}

/** One text per claim. */
export function claimName({ scope, key }: Pick<Claim, 'scope' | 'key'>): string {
  return `${scope} ${key}`;
}
