import { sha256 } from './crypto.js';
import { fromBase64, parseDecimal, toBase64, toHex, utf8 } from './encoding.js';
import { TlogError } from './errors.js';
import { checkedHash, checkedSize } from './hash.js';
import { MAX_NOTE_BYTES } from './note.js';

/** Hashes that a consistency proof may have in a request (tlog-witness, add-checkpoint). */
export const MAX_CONSISTENCY_HASHES = 63;

/** Longest add-checkpoint body in bytes: the longest note, 63 hashes of 45 bytes, the old size line. */
export const MAX_ADD_CHECKPOINT_BYTES = MAX_NOTE_BYTES + MAX_CONSISTENCY_HASHES * 45 + 64;

/** Content type of the size that answers 409 (tlog-witness, add-checkpoint). */
export const TLOG_SIZE_TYPE = 'text/x.tlog.size';

/** What a log asks a witness: cosign this checkpoint, which follows the one of the old size by this proof. */
export interface AddCheckpointRequest {
  readonly oldSize: number;
  readonly proof: readonly Uint8Array[];
  /** The signed checkpoint, verbatim. */
  readonly checkpoint: string;
}

/** Body of add-checkpoint: `old <size>`, proof lines, an empty line, the checkpoint. */
export function formatAddCheckpoint({ oldSize, proof, checkpoint }: AddCheckpointRequest): string {
  if (proof.length > MAX_CONSISTENCY_HASHES) throw badMessage(`has more than ${MAX_CONSISTENCY_HASHES} hashes`);
  const lines = [`old ${checkedSize(oldSize)}`, ...proof.map((hash) => toBase64(checkedHash(hash)))];
  return `${lines.join('\n')}\n\n${checkpoint}`;
}

/** Reads the body of add-checkpoint; refuses `bad_witness_message`. The checkpoint in it is not read here. */
export function parseAddCheckpoint(body: string): AddCheckpointRequest {
  const end = body.indexOf('\n\n');
  if (end < 0) throw badMessage('has no empty line before its checkpoint');
  const [old = '', ...hashes] = body.slice(0, end).split('\n');
  if (!old.startsWith('old ')) throw badMessage('does not begin with an old size line');
  if (hashes.length > MAX_CONSISTENCY_HASHES) throw badMessage(`has more than ${MAX_CONSISTENCY_HASHES} hashes`);
  return decoded(() => ({
    oldSize: parseDecimal(old.slice('old '.length)),
    proof: hashes.map((line) => checkedHash(fromBase64(line))),
    checkpoint: body.slice(end + 2),
  }));
}

/** Body of a 409: the size of the last cosigned checkpoint and a newline. */
export function formatTlogSize(size: number): string {
  return `${checkedSize(size)}\n`;
}

/** Reads the body of a 409; refuses `bad_witness_message`. */
export function parseTlogSize(body: string): number {
  if (!body.endsWith('\n')) throw badMessage('does not end in a newline');
  return decoded(() => parseDecimal(body.slice(0, -1)));
}

/** Lower-case hex SHA-256 of an origin, under which a witness serves its view (tlog-witness, Monitor Retrieval). */
export function originHash(origin: string): string {
  return toHex(sha256(utf8(origin)));
}

function decoded<T>(decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    throw badMessage(`has a line that is not one: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function badMessage(why: string): TlogError {
  return new TlogError('bad_witness_message', `the message ${why}`);
}
