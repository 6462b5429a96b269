import { rows, type Transaction } from '@gridpact/platform/postgres';
import { type Tile, type TileReader, type TreeEdge, edgeRoot, emptyRoot, readEdge, sameBytes } from '@gridpact/tlog';
import type { Pool } from 'pg';

/** Committed state of the log. `epoch` counts the integrators that took the log over: an older one's writes fail. */
export interface LogState {
  readonly size: number;
  readonly root: Uint8Array;
  readonly epoch: bigint;
}

/** An entry as it is appended. */
export interface NewEntry {
  readonly index: number;
  readonly leafHash: Uint8Array;
  readonly bytes: Uint8Array;
  readonly type: string;
  readonly subject: string;
  readonly saidBy: string;
  readonly promise: Uint8Array | null;
  /** Trace (W3C) of the submission, which the receipt continues. */
  readonly traceparent: string | null;
}

/** Another integrator moved the log, or the store holds other bytes than it committed; nothing was written. */
export class LogStateMoved extends Error {
  override readonly name = 'LogStateMoved';
}

/** The store contradicts itself: it must not be served, signed or grown until a person has looked. */
export class LogCorrupt extends Error {
  override readonly name = 'LogCorrupt';
}

/** Advisory lock of the integrating transaction: keeps two integrators from colliding; safety is the compare-and-swap. */
const INTEGRATOR_LOCK = 7_411;

interface StateRow {
  readonly size: string;
  readonly root: Buffer;
  readonly epoch: string;
}

/** The log's state as of the last commit. */
export async function readState(tx: Transaction | Pool): Promise<LogState> {
  const [state] = await rows<StateRow>(tx, 'SELECT size, root, epoch FROM log_state');
  if (!state) throw new LogCorrupt('log_state is empty');
  return { size: Number(state.size), root: state.root, epoch: BigInt(state.epoch) };
}

/** Takes the log over from any other integrator; returns the state that was found, with the new epoch. */
export async function takeOver(tx: Transaction | Pool): Promise<LogState> {
  const [state] = await rows<StateRow>(tx, 'UPDATE log_state SET epoch = epoch + 1 RETURNING size, root, epoch');
  if (!state) throw new LogCorrupt('log_state is empty');
  return { size: Number(state.size), root: state.root, epoch: BigInt(state.epoch) };
}

/** Waits its turn within this transaction; a hint that spares work, nothing depends on it. */
export async function queueUp(tx: Transaction): Promise<void> {
  await rows(tx, 'SELECT pg_advisory_xact_lock($1, hashtext(current_schema()))', [INTEGRATOR_LOCK]);
}

/** Moves the state from `from` to a new size and root, only if it still is `from`; throws {@link LogStateMoved}. */
export async function swapState(tx: Transaction, from: LogState, size: number, root: Uint8Array): Promise<void> {
  const moved = await rows(
    tx,
    `UPDATE log_state SET size = $1, root = $2
     WHERE size = $3 AND root = $4 AND epoch = $5 RETURNING size`,
    [size, Buffer.from(root), from.size, Buffer.from(from.root), from.epoch.toString()],
  );
  if (moved.length !== 1) throw new LogStateMoved(`the log is no longer at size ${from.size}, epoch ${from.epoch}`);
}

/** The right edge of the committed tree, proved against its root. */
export async function readCommittedEdge(tx: Transaction | Pool, { size, root }: LogState): Promise<TreeEdge> {
  const edge = await readEdge(size, tileReader(tx));
  if (!sameBytes(size === 0 ? emptyRoot() : edgeRoot(edge), root)) {
    throw new LogCorrupt(`the tiles at size ${size} do not have the committed root`);
  }
  return edge;
}

/** Reads a tile as wide as asked: of a tile that has grown since, its first hashes are the narrower tile. */
export function tileReader(tx: Transaction | Pool): TileReader {
  return async (level, index, width) => {
    const [tile] = await rows<{ bytes: Buffer }>(
      tx,
      'SELECT substring(bytes FROM 1 FOR $3) AS bytes FROM tile WHERE level = $1 AND index = $2',
      [level, index, width * 32],
    );
    if (!tile) throw new LogCorrupt(`tile ${level}/${index} is missing`);
    return tile.bytes;
  };
}

/** Appends entries. */
export async function appendEntries(tx: Transaction, entries: readonly NewEntry[]): Promise<void> {
  await rows(
    tx,
    `INSERT INTO entry (index, leaf_hash, bytes, type, subject, said_by, promise, traceparent, sequenced_at)
     SELECT *, now() FROM unnest($1::bigint[], $2::bytea[], $3::bytea[], $4::text[], $5::text[], $6::text[], $7::bytea[], $8::text[])`,
    [
      entries.map(({ index }) => index),
      entries.map(({ leafHash }) => Buffer.from(leafHash)),
      entries.map(({ bytes }) => Buffer.from(bytes)),
      entries.map(({ type }) => type),
      entries.map(({ subject }) => subject),
      entries.map(({ saidBy }) => saidBy),
      entries.map(({ promise }) => promise && Buffer.from(promise)),
      entries.map(({ traceparent }) => traceparent),
    ],
  );
}

/**
 * Writes grown tiles. A tile only ever grows to the right: the statement itself refuses to replace a hash or to narrow a
 * tile, and then throws {@link LogCorrupt}.
 */
export async function writeTiles(tx: Transaction, tiles: readonly Tile[]): Promise<void> {
  const written = await rows(
    tx,
    `INSERT INTO tile (level, index, width, bytes)
     SELECT * FROM unnest($1::smallint[], $2::bigint[], $3::smallint[], $4::bytea[])
     ON CONFLICT (level, index) DO UPDATE SET width = excluded.width, bytes = excluded.bytes
     WHERE tile.width < excluded.width
       AND substring(excluded.bytes FROM 1 FOR octet_length(tile.bytes)) = tile.bytes
     RETURNING level`,
    [
      tiles.map(({ level }) => level),
      tiles.map(({ index }) => index),
      tiles.map(({ width }) => width),
      tiles.map(({ bytes }) => Buffer.from(bytes)),
    ],
  );
  if (written.length !== tiles.length) throw new LogCorrupt('a tile would have been changed instead of grown');
}
