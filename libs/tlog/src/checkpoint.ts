import { fromBase64, parseDecimal, toBase64 } from './encoding.js';
import { TlogError } from './errors.js';
import { checkedHash, checkedSize } from './hash.js';
import { openNote, type NoteSignature, type NoteVerifier } from './note.js';
import type { TreeHead } from './consistency.js';

/** A log's tree head (tlog-checkpoint, Note text). */
export interface Checkpoint extends TreeHead {
  readonly origin: string;
  /** Opaque lines after the root; Gridpact writes none, since ML-DSA cosignatures would not sign them. */
  readonly extensions: readonly string[];
}

/** A checkpoint whose note was opened: who signed it, and the note as it came. */
export interface OpenedCheckpoint {
  readonly checkpoint: Checkpoint;
  readonly verified: readonly NoteSignature[];
}

/** The note text: origin, size, base64 root, extension lines. Refuses `bad_checkpoint` for a line that is empty. */
export function formatCheckpoint({ origin, size, root, extensions }: Checkpoint): string {
  const lines = [origin, String(checkedSize(size)), toBase64(checkedHash(root)), ...extensions];
  if (!lines.every((line) => line !== '' && !line.includes('\n'))) throw badCheckpoint('has a line that is empty');
  return `${lines.join('\n')}\n`;
}

/**
 * Reads a note text as a checkpoint; refuses `bad_checkpoint`. That a tree of size 0 has the empty root is not checked
 * here, because a witness must answer that with another code than a malformed text.
 */
export function parseCheckpoint(text: string): Checkpoint {
  const lines = text.endsWith('\n') ? text.slice(0, -1).split('\n') : [];
  const [origin, size, root, ...extensions] = lines;
  if (lines.includes('') || origin === undefined || size === undefined || root === undefined) {
    throw badCheckpoint('does not have three lines');
  }
  return { origin, ...treeHead(size, root), extensions };
}

/** Opens a signed checkpoint with the keys one trusts; refuses as `openNote` and {@link parseCheckpoint} do. */
export function openCheckpoint(note: string, verifiers: readonly NoteVerifier[]): OpenedCheckpoint {
  const { text, verified } = openNote(note, verifiers);
  return { checkpoint: parseCheckpoint(text), verified };
}

function treeHead(size: string, root: string): TreeHead {
  try {
    return { size: parseDecimal(size), root: checkedHash(fromBase64(root)) };
  } catch {
    throw badCheckpoint('has a size or root that is not one');
  }
}

function badCheckpoint(why: string): TlogError {
  return new TlogError('bad_checkpoint', `the checkpoint ${why}`);
}
