import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ed25519PrivateKey } from './ed25519.js';
import { fromBase64, toBase64, utf8 } from './encoding.js';
import {
  addSignatures,
  formatNote,
  MAX_NOTE_SIGNATURES,
  openNote,
  parseNote,
  parseSignatureLines,
  signatureLine,
  signNote,
  type NoteVerifier,
} from './note.js';
import { ed25519NoteSigner, noteVerifier } from './note-key.js';
import { refusalOf } from './tree.fixture.js';
import { ED25519_NOTE, formatVkey, parseVkey, vkeyOf } from './vkey.js';

// The example of Go's golang.org/x/mod/sumdb/note documentation.
const GO_VKEY = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
const GO_SKEY_MATERIAL = 'AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz';
const GO_TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
const GO_NOTE = `${GO_TEXT}\n\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n`;

// The example of signed-note (Verifier keys, Example).
const SPEC_VKEY = 'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k';
const SPEC_NOTE =
  'This is an example message.\n\n\u2014 example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n';

const peter = ed25519PrivateKey(fromBase64(GO_SKEY_MATERIAL).subarray(1));
const goSigner = ed25519NoteSigner('PeterNeumann', peter);
const verifierOf = (vkey: string): NoteVerifier => noteVerifier(parseVkey(vkey));

describe('the published notes', () => {
  it.each([
    ['Go', GO_VKEY, GO_NOTE],
    ['C2SP', SPEC_VKEY, SPEC_NOTE],
  ])('of %s open with their published verifier key', (_, vkey, note) => {
    expect(openNote(note, [verifierOf(vkey)]).verified).toHaveLength(1);
    expect(formatNote(parseNote(note))).toBe(note);
    expect(formatVkey(parseVkey(vkey))).toBe(vkey);
  });

  it('of Go comes out to the byte when signed with its published private key', async () => {
    expect(formatVkey(goSigner.vkey)).toBe(GO_VKEY);
    expect(await signNote(GO_TEXT, [goSigner])).toBe(GO_NOTE);
  });
});

describe('opening a note', () => {
  const other = ed25519NoteSigner('other.example', ed25519PrivateKey(new Uint8Array(32).fill(9)));

  it('ignores unknown keys, even one that shares the name or the ID with a known key', async () => {
    const namesake = ed25519NoteSigner('PeterNeumann', ed25519PrivateKey(new Uint8Array(32).fill(8)));
    const note = await signNote(GO_TEXT, [namesake, other, goSigner]);
    const sameId = note.replace('\u2014 PeterNeumann x08go', '\u2014 Someone x08go');
    expect(openNote(note, [verifierOf(GO_VKEY)]).verified).toHaveLength(1);
    expect(await refusalOf(() => openNote(sameId, [verifierOf(GO_VKEY)]))).toBe('unsigned');
  });

  it('counts a key once however often it signed', async () => {
    const note = await signNote(GO_TEXT, [goSigner, goSigner]);
    expect(openNote(note, [verifierOf(GO_VKEY)]).verified).toHaveLength(1);
  });

  it('refuses the whole note when one known key has a bad signature beside a good one', async () => {
    const note = await signNote(GO_TEXT, [goSigner, other]);
    const line = signatureLine({ ...other.vkey, signature: new Uint8Array(64) });
    const spoiled = note.replace(/\u2014 other.*\n/, line);
    expect(
      await refusalOf(() =>
        openNote(
          spoiled,
          [goSigner, other].map(({ vkey }) => noteVerifier(vkey)),
        ),
      ),
    ).toBe('bad_signature');
    expect(openNote(spoiled, [verifierOf(GO_VKEY)]).verified).toHaveLength(1);
  });

  it('refuses a text that was changed, and a note that no known key signed', async () => {
    const changed = GO_NOTE.replace('answer', 'Answer');
    expect(await refusalOf(() => openNote(changed, [verifierOf(GO_VKEY)]))).toBe('bad_signature');
    expect(await refusalOf(() => openNote(GO_NOTE, [verifierOf(SPEC_VKEY)]))).toBe('unsigned');
  });
});

describe('the form of a note', () => {
  const line = '\u2014 a.example AAAAAAA=\n';

  it('splits text and signatures at the last empty line', () => {
    expect(parseNote(`one\n\ntwo\n\n${line}`).text).toBe('one\n\ntwo\n');
  });

  it.each([
    ['no signature', 'text\n\n'],
    ['no empty line', `text\n${line}`],
    ['no final newline', `text\n\n${line.trimEnd()}`],
    ['a control character', `te\u0001xt\n\n${line}`],
    ['a carriage return', `text\r\n\n${line}`],
    ['half a surrogate pair', `te\ud800xt\n\n${line}`],
    ['a hyphen for the dash', `text\n\n- a.example AAAAAAA=\n`],
    ['a name with a plus', `text\n\n\u2014 a+b AAAAAAA=\n`],
    ['a name with a Unicode space', `text\n\n\u2014 a\u2003b AAAAAAA=\n`],
    ['no name', `text\n\n\u2014  AAAAAAA=\n`],
    ['no signature bytes', `text\n\n\u2014 a.example AAAAAA==\n`],
    ['stray base64 bits', `text\n\n\u2014 a.example AAAAAAB=\n`],
    ['more than a note may have', `${'x'.repeat(262_144)}\n\n${line}`],
  ])('is refused with %s', async (_, note) => {
    expect(await refusalOf(() => parseNote(note))).toBe('bad_note');
  });

  it('carries 16 signatures and more, up to its bound', async () => {
    const many = (count: number) =>
      Array.from({ length: count }, (_, i) => `\u2014 w${i}.example ${toBase64(utf8(`1234-${i}`))}\n`).join('');
    expect(parseNote(`text\n\n${many(MAX_NOTE_SIGNATURES)}`).signatures).toHaveLength(MAX_NOTE_SIGNATURES);
    const tooMany = `text\n\n${many(MAX_NOTE_SIGNATURES + 1)}`;
    expect(await refusalOf(() => parseNote(tooMany))).toBe('too_many_signatures');
    const added = parseSignatureLines('\u2014 one.more AAAAAAA=\n');
    expect(await refusalOf(() => addSignatures(`text\n\n${many(MAX_NOTE_SIGNATURES)}`, added))).toBe(
      'too_many_signatures',
    );
  });

  it('grows by signatures without repeating one', () => {
    const lines = parseSignatureLines(line + '\u2014 b.example AAAAAAA=\n');
    const grown = addSignatures(`text\n\n${line}`, lines);
    expect(grown).toBe(`text\n\n${line}\u2014 b.example AAAAAAA=\n`);
    expect(addSignatures(grown, lines)).toBe(grown);
  });

  it('comes back the same for any text and signatures', () => {
    const text = fc.array(fc.stringMatching(/^[ -~\u00a1-\ud7ff]*$/u)).map((rows) => `${rows.join('\n')}\n`);
    const signature = fc.record({
      name: fc.stringMatching(/^[a-z0-9./-]{1,20}$/),
      keyId: fc.stringMatching(/^[0-9a-f]{8}$/),
      signature: fc.uint8Array({ minLength: 1, maxLength: 80 }),
    });
    fc.assert(
      fc.property(text, fc.array(signature, { minLength: 1, maxLength: 16 }), (body, signatures) => {
        expect(parseNote(formatNote({ text: body, signatures }))).toEqual({ text: body, signatures });
      }),
    );
  });
});

describe('a verifier key', () => {
  it.each([
    ['a wrong key ID', GO_VKEY.replace('c74f20a3', 'c74f20a4')],
    ['an upper-case key ID', GO_VKEY.replace('c74f20a3', 'C74F20A3')],
    ['another name', GO_VKEY.replace('Peter', 'Paul')],
    ['no name', GO_VKEY.replace('PeterNeumann', '')],
    ['a space in its name', GO_VKEY.replace('Peter', 'Peter ')],
    ['two parts', 'PeterNeumann+c74f20a3'],
    ['no key material', 'PeterNeumann+c74f20a3+AQ=='],
    ['bad base64', `${GO_VKEY}=`],
    ['a short key ID', GO_VKEY.replace('c74f20a3', 'c74f20')],
  ])('is refused with %s', async (_, vkey) => {
    expect(await refusalOf(() => parseVkey(vkey))).toBe('bad_key');
  });

  it('of an unknown type can be read and named, and only its verifier is refused', async () => {
    const text = `pq.example+0badf00d+${toBase64(Uint8Array.of(0xfa, 1, 2))}`;
    expect(formatVkey(parseVkey(text))).toBe(text);
    expect(await refusalOf(() => noteVerifier(parseVkey(text)))).toBe('unsupported_key');
  });

  it('is refused when an Ed25519 key has another length', async () => {
    const short = vkeyOf('short.example', ED25519_NOTE, new Uint8Array(31));
    expect(await refusalOf(() => noteVerifier(short))).toBe('bad_key');
  });
});
