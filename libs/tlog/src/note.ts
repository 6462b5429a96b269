import { concatBytes, fromBase64, fromHex, toBase64, toHex, utf8 } from './encoding.js';
import { TlogError } from './errors.js';
import { isKeyName, isSameKey, type Vkey } from './vkey.js';

/** Signatures that a note may carry at most; signed-note (Format) asks to accept at least 16. */
export const MAX_NOTE_SIGNATURES = 64;

/** Longest note, in UTF-8 bytes: room for 16 post-quantum signatures of 5 kB and more. */
export const MAX_NOTE_BYTES = 262_144;

const KEY_ID_BYTES = 4;
const SIGNATURE_LINE = /^\u2014 ([^ ]+) ([^ ]+)$/;
/** Control characters that signed-note (Format) forbids. */
const CONTROL = /[\u0000-\u0009\u000b-\u001f]/;

/** One signature line: whose, and the bytes behind the key ID. */
export interface NoteSignature {
  readonly name: string;
  readonly keyId: string;
  readonly signature: Uint8Array;
}

/** A note taken apart: its text, final newline included, and its signatures, none of them verified. */
export interface Note {
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

/** Checks signatures of one key. One exists per signature type; see `noteVerifier`. */
export interface NoteVerifier {
  readonly vkey: Vkey;
  verify(text: string, signature: Uint8Array): boolean;
}

/** Makes signatures of one key over a note's text. */
export interface NoteSigner {
  readonly vkey: Vkey;
  sign(text: string): Promise<Uint8Array>;
}

/** A note of which at least one known key's signature verified, and no known key's failed. */
export interface OpenedNote {
  readonly text: string;
  /** Verified signatures of known keys, one per key. */
  readonly verified: readonly NoteSignature[];
}

/** `— <name> <base64(key ID || signature)>` and a newline (signed-note, Format). */
export function signatureLine({ name, keyId, signature }: NoteSignature): string {
  return `\u2014 ${name} ${toBase64(concatBytes(fromHex(keyId), signature))}\n`;
}

/** The signed form: text, blank line, signature lines. */
export function formatNote(note: Note): string {
  return `${checkedText(note.text)}\n${note.signatures.map(signatureLine).join('')}`;
}

/** Takes a note apart at its last empty line; refuses `bad_note`, and `too_many_signatures` above the bound. */
export function parseNote(note: string): Note {
  if (note.length > MAX_NOTE_BYTES || utf8(note).length > MAX_NOTE_BYTES) throw badNote('is too long');
  const split = note.lastIndexOf('\n\n');
  if (split < 0) throw badNote('has no empty line before its signatures');
  return { text: checkedText(note.slice(0, split + 1)), signatures: parseSignatureLines(note.slice(split + 2)) };
}

/** Reads one or more signature lines, such as a witness answers with; refuses as {@link parseNote} does. */
export function parseSignatureLines(lines: string): NoteSignature[] {
  if (!lines.endsWith('\n')) throw badNote('does not end in a line of signature');
  const rows = lines.slice(0, -1).split('\n');
  if (rows.length > MAX_NOTE_SIGNATURES) {
    throw new TlogError('too_many_signatures', `a note has at most ${MAX_NOTE_SIGNATURES} signatures`);
  }
  return rows.map(parseSignatureLine);
}

/**
 * Opens a note with the keys one trusts (signed-note, Signatures): unknown keys are ignored; `bad_signature` when a known
 * key's signature does not verify, whatever else is signed; `unsigned` when no known key signed.
 */
export function openNote(note: string, verifiers: readonly NoteVerifier[]): OpenedNote {
  const { text, signatures } = parseNote(note);
  const verified = verifiedSignatures(text, signatures, verifiers);
  if (verified.length === 0) throw new TlogError('unsigned', 'no known key signed the note');
  return { text, verified };
}

/** The signatures of known keys, one per key; refuses `bad_signature` when any of them does not verify. */
export function verifiedSignatures(
  text: string,
  signatures: readonly NoteSignature[],
  verifiers: readonly NoteVerifier[],
): NoteSignature[] {
  const verified: NoteSignature[] = [];
  for (const signature of signatures) {
    const verifier = verifiers.find(({ vkey }) => isSameKey(vkey, signature));
    if (!verifier) continue;
    if (!verifier.verify(text, signature.signature)) {
      throw new TlogError('bad_signature', `the signature of ${signature.name} does not verify`);
    }
    if (!verified.some((known) => isSameKey(known, signature))) verified.push(signature);
  }
  return verified;
}

/** Signs a text with one or more keys. */
export async function signNote(text: string, signers: readonly NoteSigner[]): Promise<string> {
  checkedText(text);
  const sign = async (signer: NoteSigner): Promise<NoteSignature> => {
    const { name, keyId } = signer.vkey;
    return { name, keyId, signature: await signer.sign(text) };
  };
  return formatNote({ text, signatures: await Promise.all(signers.map(sign)) });
}

/** Adds signatures to a note; one that is there already is not added again. Verifies nothing. */
export function addSignatures(note: string, signatures: readonly NoteSignature[]): string {
  const parsed = parseNote(note);
  const lines = new Set([...parsed.signatures, ...signatures].map(signatureLine));
  if (lines.size > MAX_NOTE_SIGNATURES) {
    throw new TlogError('too_many_signatures', `a note has at most ${MAX_NOTE_SIGNATURES} signatures`);
  }
  return `${parsed.text}\n${[...lines].join('')}`;
}

function parseSignatureLine(line: string): NoteSignature {
  const [, name = '', encoded = ''] = SIGNATURE_LINE.exec(line) ?? [];
  if (!isKeyName(name)) throw badNote('has a line among its signatures that is none');
  const bytes = signatureBytes(encoded);
  if (bytes.length <= KEY_ID_BYTES) throw badNote(`has too short a signature of ${name}`);
  return { name, keyId: toHex(bytes.subarray(0, KEY_ID_BYTES)), signature: bytes.subarray(KEY_ID_BYTES) };
}

function signatureBytes(encoded: string): Uint8Array {
  try {
    return fromBase64(encoded);
  } catch {
    throw badNote('has a signature that is not base64');
  }
}

function checkedText(text: string): string {
  if (!text.endsWith('\n')) throw badNote('has a text that does not end in a newline');
  if (!text.isWellFormed() || CONTROL.test(text)) throw badNote('has control characters or is not Unicode');
  return text;
}

function badNote(why: string): TlogError {
  return new TlogError('bad_note', `the note ${why}`);
}
