import { required } from '@gridpact/kernel';
import { canonicalText } from '@gridpact/statement';
import { sha256, toHex, utf8 } from '@gridpact/tlog';
import { beforeAll, describe, expect, it } from 'vitest';
import { DOSSIER_HEADER, DOSSIER_MAX_CHARS, type DossierContent, readDossier, writeDossier } from './container.js';
import { EVENT, handed, instructed, openChain } from './event.fixture.js';

let content: DossierContent;
let text: string;

beforeAll(async () => {
  const { program } = await openChain();
  const { contract } = await instructed();
  const statements = handed([program, contract]).map((one) => ({ ...one, receipt: 'c2sp.org/tlog-proof@v1\n' }));
  content = {
    v: 1,
    event: EVENT,
    holder: { party: 'regulator', role: 'regulator' },
    policy: 'log example\nquorum none\n',
    statements,
    batchItems: [],
    series: [],
    bundle: 'export const settle = () => undefined;\n',
  };
  text = writeDossier(content);
});

const codeOf = (read: ReturnType<typeof readDossier>): string => (read.ok ? 'ok' : read.refusal.code);
/** A dossier around a JSON line, whose closing line fits. */
const around = (json: string): string => {
  const body = `${DOSSIER_HEADER}\n${json}\n`;
  return `${body}sha-256 ${toHex(sha256(utf8(body)))}\n`;
};

describe('a dossier', () => {
  it('is read back as it was written', () => {
    expect(readDossier(text)).toEqual({ ok: true, value: content });
  });

  it('is the same bytes however its content was put together', () => {
    const reversed = Object.fromEntries(Object.entries(content).reverse()) as unknown as DossierContent;
    expect(writeDossier(reversed)).toBe(text);
  });

  it('with any one character flipped is refused before anything is interpreted', () => {
    const found = [...text].map((character, at) => {
      const flipped = String.fromCharCode(character.charCodeAt(0) ^ 1);
      return codeOf(readDossier(text.slice(0, at) + flipped + text.slice(at + 1)));
    });
    expect(new Set(found)).toEqual(new Set(['hash_mismatch', 'not_a_dossier']));
    expect(found.length).toBe(text.length);
  });

  it('cut short anywhere, or with anything behind it, is no dossier', () => {
    const closing = text.lastIndexOf('sha-256');
    for (const cut of ['', text.slice(0, 10), text.slice(0, closing), text.slice(0, -1), `${text}\n`, `${text}more`]) {
      expect(codeOf(readDossier(cut))).toBe('not_a_dossier');
    }
  });

  it('of another version is no dossier', () => {
    expect(codeOf(readDossier(text.replace('dossier/v1', 'dossier/v2')))).toBe('not_a_dossier');
  });

  it('above its bound is refused unread', () => {
    expect(codeOf(readDossier('x'.repeat(DOSSIER_MAX_CHARS + 1)))).toBe('too_large');
  });

  it('in a second spelling is refused though its closing line fits', () => {
    const json = canonicalText(content);
    for (const other of [
      json.replace('{', '{ '),
      json.replace('"v":1', '"v":1.0'),
      `${json.slice(0, -1)},"v":1}`,
      '{',
    ]) {
      expect(codeOf(readDossier(around(other)))).toBe('not_canonical');
    }
  });

  it.each([
    ['an unknown member', { extra: 1 }],
    ['another version of the content', { v: 2 }],
    ['an index below zero', { statements: [{ entry: '', index: -1, receipt: '' }] }],
    ['an entry that is no base64', { statements: [{ entry: '***', index: 0, receipt: '' }] }],
    ['a holder without a role', { holder: { party: 'regulator' } }],
  ])('with %s is bad content', (_what, change) => {
    expect(codeOf(readDossier(around(canonicalText({ ...content, ...change }))))).toBe('bad_content');
  });

  it('names the closing hash that its bytes give', () => {
    const [header = '', json = ''] = text.split('\n');
    const moved = json.replace(EVENT, 'event-2');
    const read = readDossier(text.replace(json, moved));
    const expected = toHex(sha256(utf8(`${header}\n${moved}\n`)));
    expect(required(read.ok ? undefined : read.refusal, 'refusal').detail).toContain(expected);
  });
});
