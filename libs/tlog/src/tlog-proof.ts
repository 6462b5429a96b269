import { fromBase64, parseDecimal, toBase64 } from './encoding.js';
import { TlogError } from './errors.js';
import { checkedHash, checkedSize } from './hash.js';
import { verifyInclusion } from './inclusion.js';
import { parseCheckpoint } from './checkpoint.js';
import { MAX_NOTE_BYTES, parseNote } from './note.js';
import { openByPolicy, type AcceptedCheckpoint, type Policy } from './policy.js';

/** Hashes that a proof may carry at most: the height of the largest tree that a checkpoint can name. */
export const MAX_PROOF_HASHES = 63;

/** Longest proof text in characters: a note of the greatest length and as much again for `extra`. */
export const MAX_PROOF_CHARACTERS = 2 * MAX_NOTE_BYTES;

const FIRST_LINE = 'c2sp.org/tlog-proof@v1';

/** A receipt that an entry is in a log (tlog-proof, Format). */
export interface TlogProof {
  readonly index: number;
  /** From the leaf's sibling up to the root's child. */
  readonly path: readonly Uint8Array[];
  /** The signed and cosigned checkpoint, verbatim. */
  readonly checkpoint: string;
  /** Not authenticated: check whatever stands here against the entry. */
  readonly extra?: Uint8Array;
}

/** Writes a proof (tlog-proof, Format); refuses as {@link parseTlogProof} does. */
export function formatTlogProof({ index, path, checkpoint, extra }: TlogProof): string {
  const lines = [
    FIRST_LINE,
    ...(extra === undefined ? [] : [`extra ${toBase64(extra)}`]),
    `index ${checkedSize(index)}`,
    ...path.map((hash) => toBase64(checkedHash(hash))),
  ];
  const text = `${lines.join('\n')}\n\n${checkpoint}`;
  parseTlogProof(text);
  return text;
}

/** Reads a proof; refuses `bad_tlog_proof`, and `bad_note` or `bad_checkpoint` for its checkpoint. Verifies nothing. */
export function parseTlogProof(text: string): TlogProof {
  if (text.length > MAX_PROOF_CHARACTERS) throw badProof('is too long');
  const end = text.indexOf('\n\n');
  if (end < 0) throw badProof('has no empty line before its checkpoint');
  const checkpoint = text.slice(end + 2);
  parseCheckpoint(parseNote(checkpoint).text);
  return { ...parseLines(text.slice(0, end).split('\n')), checkpoint };
}

/**
 * Verifies a proof offline (tlog-proof, Verifying a tlog proof): the checkpoint under the policy, then the inclusion of
 * the leaf. Refuses as `openByPolicy` does, `out_of_range` for an index outside the tree, and `bad_inclusion_proof`.
 */
export function verifyTlogProof(proof: TlogProof, leaf: Uint8Array, policy: Policy): AcceptedCheckpoint {
  const accepted = openByPolicy(policy, proof.checkpoint);
  verifyInclusion(leaf, proof.index, accepted.checkpoint, proof.path);
  return accepted;
}

function parseLines(lines: readonly string[]): Omit<TlogProof, 'checkpoint'> {
  const [first, ...rest] = lines;
  if (first !== FIRST_LINE) throw badProof(`does not begin with ${FIRST_LINE}`);
  const extra = rest[0]?.startsWith('extra ') ? rest.shift()?.slice('extra '.length) : undefined;
  const index = rest.shift();
  if (!index?.startsWith('index ')) throw badProof('has no index line');
  if (rest.length > MAX_PROOF_HASHES) throw badProof(`has more than ${MAX_PROOF_HASHES} hashes`);
  return decoded(() => ({
    ...(extra === undefined ? {} : { extra: fromBase64(extra) }),
    index: parseDecimal(index.slice('index '.length)),
    path: rest.map((line) => checkedHash(fromBase64(line))),
  }));
}

function decoded<T>(decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    throw badProof(`has a line that is not one: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function badProof(why: string): TlogError {
  return new TlogError('bad_tlog_proof', `the proof ${why}`);
}
