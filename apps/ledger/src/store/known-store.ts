import { required } from '@gridpact/kernel';
import { rows, type Transaction } from '@gridpact/platform/postgres';
import { type Opening, type Statement, isOfType, openBody, parseStatement } from '@gridpact/statement';
import type { BodyStore } from '../bodies/body-store.js';
import type { Known } from '../rules/facts.js';
import type { Candidate } from '../admit/candidate.js';

interface EntryRow {
  readonly index: string;
  readonly leaf_hash: Buffer;
  readonly bytes: Buffer;
  readonly subject: string;
  readonly sealed: Buffer | null;
}

/** Indices of entries by leaf hash (hex). */
export async function readIndices(tx: Transaction, leafHashes: readonly string[]): Promise<Map<string, number>> {
  const found = await rows<{ leaf_hash: Buffer; index: string }>(
    tx,
    'SELECT leaf_hash, index FROM entry WHERE leaf_hash = ANY($1)',
    [leafHashes.map((hash) => Buffer.from(hash, 'hex'))],
  );
  return new Map(found.map((row) => [row.leaf_hash.toString('hex'), Number(row.index)]));
}

/**
 * Statements of the log that candidates refer to: parents, what their bodies name, and what the bodies of those name in
 * turn (an answer's instruction leads to its enrolment). Two queries, however many candidates.
 */
export async function readKnown(
  tx: Transaction,
  bodies: BodyStore,
  candidates: readonly Candidate[],
): Promise<Map<string, Known>> {
  const known = await readStatements(tx, bodies, new Set(candidates.flatMap(referencesOf)));
  const further = [...known.values()].flatMap(referencesOf).filter((hash) => !known.has(hash));
  const more = await readStatements(tx, bodies, new Set(further));
  return new Map([...known, ...more]);
}

function referencesOf({ statement, opening }: { statement: Statement; opening?: Opening }): string[] {
  return [...statement.envelope.parents, ...namedBy(statement, opening)];
}

function namedBy(statement: Statement, opening: Opening | undefined): string[] {
  if (isOfType(statement, 'curtailment.confirmed')) {
    const body = openBody(statement, opening);
    return body.ok && body.value.offer ? [body.value.offer] : [];
  }
  if (isOfType(statement, 'instruction.issued')) {
    const body = openBody(statement, opening);
    return body.ok ? [body.value.enrolmentStatement] : [];
  }
  return [];
}

async function readStatements(
  tx: Transaction,
  bodies: BodyStore,
  leafHashes: ReadonlySet<string>,
): Promise<Map<string, Known>> {
  if (leafHashes.size === 0) return new Map();
  const found = await rows<EntryRow>(
    tx,
    `SELECT index, entry.leaf_hash, bytes, entry.subject, sealed
     FROM entry LEFT JOIN body USING (leaf_hash) WHERE leaf_hash = ANY($1)`,
    [[...leafHashes].map((hash) => Buffer.from(hash, 'hex'))],
  );
  const sealed = found.flatMap(({ leaf_hash, subject, sealed: bytes }) =>
    bytes ? [{ leafHash: leaf_hash.toString('hex'), subject, sealed: bytes }] : [],
  );
  const openings = await bodies.open(tx, sealed);
  return new Map(found.map((row) => knownOf(row, openings)));
}

function knownOf(row: EntryRow, openings: ReadonlyMap<string, Opening>): [string, Known] {
  const leafHash = row.leaf_hash.toString('hex');
  const parsed = parseStatement(row.bytes);
  const statement = required(parsed.ok ? parsed.value : undefined, `statement ${leafHash} of the log`);
  const opening = openings.get(leafHash);
  return [leafHash, { index: Number(row.index), statement, ...(opening && { opening }) }];
}
