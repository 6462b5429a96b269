import { canonicalBytes, type Opening } from '@gridpact/statement';
import { rows, type Transaction } from '@gridpact/platform/postgres';
import type { Pool } from 'pg';
import { newDataKey, seal, unseal } from './body-cipher.js';

/** An opening to be kept, with the parties that may read it. */
export interface KeptBody {
  readonly leafHash: string;
  readonly subject: string;
  readonly audience: readonly string[];
  readonly opening: Opening;
}

/**
 * Bodies off the log, each encrypted under the data key of its subject; data keys are wrapped under the service's master
 * key, which lies outside the database. Deleting a subject's key row makes its bodies unopenable, and no root changes.
 */
export class BodyStore {
  constructor(private readonly masterKey: Uint8Array) {}

  /** Keeps bodies; one that is kept already stays as it is. */
  async keep(tx: Transaction, bodies: readonly KeptBody[]): Promise<void> {
    if (bodies.length === 0) return;
    const keys = await this.keysFor(
      tx,
      bodies.map(({ subject }) => subject),
    );
    const sealed = bodies.map((body) => sealOpening(keys, body));
    await rows(
      tx,
      `INSERT INTO body (leaf_hash, subject, audience, sealed)
       SELECT decode(leaf_hash, 'hex'), subject, ARRAY(SELECT jsonb_array_elements_text(audience)), sealed
       FROM unnest($1::text[], $2::text[], $3::jsonb[], $4::bytea[]) AS kept (leaf_hash, subject, audience, sealed)
       ON CONFLICT DO NOTHING`,
      [
        bodies.map(({ leafHash }) => leafHash),
        bodies.map(({ subject }) => subject),
        bodies.map(({ audience }) => JSON.stringify(audience)),
        sealed,
      ],
    );
  }

  /** Encrypts an opening for a row elsewhere, such as a statement that waits. */
  async sealOne(tx: Transaction, body: Omit<KeptBody, 'audience'>): Promise<Buffer> {
    return sealOpening(await this.keysFor(tx, [body.subject]), body);
  }

  /** Opens rows that this store sealed; a row whose subject's key is erased gives nothing. */
  async open(
    tx: Transaction | Pool,
    sealedRows: readonly { leafHash: string; subject: string; sealed: Uint8Array }[],
  ): Promise<Map<string, Opening>> {
    const keys = await this.knownKeys(
      tx,
      sealedRows.map(({ subject }) => subject),
    );
    const openings = new Map<string, Opening>();
    for (const { leafHash, subject, sealed } of sealedRows) {
      const key = keys.get(subject);
      if (key) openings.set(leafHash, JSON.parse(unseal(key, leafHash, sealed).toString('utf8')) as Opening);
    }
    return openings;
  }

  private async keysFor(tx: Transaction, subjects: readonly string[]): Promise<Map<string, Buffer>> {
    const wanted = [...new Set(subjects)].sort();
    const known = await this.knownKeys(tx, wanted);
    const fresh = wanted.filter((subject) => !known.has(subject));
    if (fresh.length === 0) return known;
    const wrapped = fresh.map((subject) => seal(this.masterKey, subject, newDataKey()));
    await rows(
      tx,
      'INSERT INTO subject_key (subject, wrapped) SELECT * FROM unnest($1::text[], $2::bytea[]) ON CONFLICT DO NOTHING',
      [fresh, wrapped],
    );
    return this.knownKeys(tx, wanted);
  }

  private async knownKeys(tx: Transaction | Pool, subjects: readonly string[]): Promise<Map<string, Buffer>> {
    const found = await rows<{ subject: string; wrapped: Buffer }>(
      tx,
      'SELECT subject, wrapped FROM subject_key WHERE subject = ANY($1)',
      [[...new Set(subjects)]],
    );
    return new Map(found.map(({ subject, wrapped }) => [subject, unseal(this.masterKey, subject, wrapped)]));
  }
}

function sealOpening(keys: ReadonlyMap<string, Buffer>, body: Omit<KeptBody, 'audience'>): Buffer {
  const key = keys.get(body.subject);
  if (!key) throw new Error(`subject ${body.subject} has no data key`);
  return seal(key, body.leafHash, canonicalBytes(body.opening));
}
