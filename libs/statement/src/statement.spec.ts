import { instant, required } from '@gridpact/kernel';
import { MAX_ENTRY_BYTES, toBase64Url, utf8 } from '@gridpact/tlog';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalBytes } from './canonical.js';
import { type Draft, commitmentOf, prepare } from './envelope.js';
import type { Signature } from './jws.js';
import { publicKeyOf } from './keys.js';
import {
  addSignature,
  assembleStatement,
  isOfType,
  openBody,
  parseStatement,
  signStatement,
  verifySignatures,
} from './statement.js';
import { ed25519Signer } from './suites/ed25519.js';
import { p256Signer } from './suites/p256.js';

const seed = (fill: number): string => toBase64Url(new Uint8Array(32).fill(fill));
const aggregator = ed25519Signer({ kty: 'OKP', crv: 'Ed25519', d: seed(1) });
const phone = p256Signer({ kty: 'EC', crv: 'P-256', d: seed(2) });
const keys = new Map([aggregator, phone].map((signer) => [signer.kid, publicKeyOf(signer, 'signing')]));
const keyOf = (kid: string) => keys.get(kid);
const salt = new Uint8Array(32).fill(7);

const offer: Draft<'standing-offer.signed'> = {
  type: 'standing-offer.signed',
  at: instant(Date.UTC(2026, 6, 1, 8)),
  by: 'user-1',
  subject: 'enrolment-1',
  parents: ['ab'.repeat(32)],
  body: {
    offer: 'offer-1',
    enrolment: 'enrolment-1',
    maximumWatt: '50000',
    floorPriceMicroCnyPerKwh: '3000000',
    from: '2026-07-01T00:00:00.000Z',
    until: '2026-10-01T00:00:00.000Z',
  },
  salt,
};
const outcome = (entry: Uint8Array): string => {
  const parsed = parseStatement(entry);
  return parsed.ok ? 'ok' : parsed.refusal.code;
};

describe('a statement', () => {
  it('is read back as it was signed, by one party or by two', async () => {
    const once = await signStatement(prepare(offer), [phone]);
    const twice = await addSignature(once, aggregator);
    for (const statement of [once, twice]) {
      const parsed = parseStatement(statement.entry);
      const { opening, ...sealed } = statement;
      expect(parsed).toEqual({ ok: true, value: sealed });
      expect(opening?.body).toEqual(offer.body);
      expect(verifySignatures(statement, keyOf).ok).toBe(true);
    }
    expect(twice.leafHash).not.toBe(once.leafHash);
  });

  it('has the same bytes whichever of two parties signed first', async () => {
    const prepared = prepare(offer);
    const ours = await addSignature(await signStatement(prepared, [phone]), aggregator);
    const theirs = await addSignature(await signStatement(prepared, [aggregator]), phone);
    expect(ours.signatures.map(({ kid }) => kid)).toEqual(theirs.signatures.map(({ kid }) => kid));
    expect(ours.signatures.map(({ kid }) => kid)).toEqual([aggregator.kid, phone.kid].sort());
  });

  it('keeps a committed body out of the entry and opens it only with its salt', async () => {
    const statement = await signStatement(prepare(offer), [phone]);
    const opening = required(statement.opening, 'opening');
    expect(new TextDecoder().decode(statement.entry)).not.toContain(toBase64Url(utf8('50000')));
    expect(openBody(statement, opening)).toEqual({ ok: true, value: offer.body });
    const elsewhere = { ...opening, salt: toBase64Url(new Uint8Array(32).fill(8)) };
    expect(openBody(statement, elsewhere)).toMatchObject({ refusal: { code: 'wrong_opening' } });
    expect(openBody(statement, { ...opening, salt: 'AA' })).toMatchObject({ refusal: { code: 'bad_salt' } });
    const richer = { ...opening, body: { ...offer.body, maximumWatt: '50001' } };
    expect(openBody(statement, richer)).toMatchObject({ refusal: { code: 'wrong_opening' } });
    expect(openBody({ ...statement, opening: undefined } as never)).toMatchObject({
      refusal: { code: 'opening_missing' },
    });
  });

  it('refuses a body that hashes to the commitment but is not of its type', async () => {
    const prepared = prepare(offer);
    const body = { ...offer.body, note: 'more' };
    const envelope = { ...prepared.envelope, body: { commitment: commitmentOf(salt, body) } };
    const opened = openBody(await signed(envelope), { salt: toBase64Url(salt), body });
    expect(opened).toMatchObject({ refusal: { code: 'bad_body' } });
  });

  it('fills an entry to 65,535 bytes and no further', () => {
    const sizes = new Map<number, Uint8Array>();
    for (let bytes = 12_500; bytes < 15_000; bytes++) {
      const entry = entryWith(bytes);
      if (entry === 'too large') break;
      sizes.set(entry.length, entry);
    }
    expect(Math.max(...sizes.keys())).toBe(MAX_ENTRY_BYTES);
    expect(outcome(required(sizes.get(MAX_ENTRY_BYTES), 'full entry'))).toBe('ok');
    expect(outcome(new Uint8Array(MAX_ENTRY_BYTES + 1))).toBe('too_large');
  });

  it('narrows to its type', async () => {
    const statement = await signStatement(prepare(offer), [phone]);
    expect(isOfType(statement, 'standing-offer.signed')).toBe(true);
    expect(isOfType(statement, 'award.issued')).toBe(false);
  });
});

describe('a refused entry', () => {
  const jws = async (change: (parts: Mutable) => void): Promise<Uint8Array> => {
    const { entry } = await signStatement(prepare(offer), [phone, aggregator]);
    const parts = JSON.parse(new TextDecoder().decode(entry)) as Mutable;
    change(parts);
    return canonicalBytes(parts);
  };

  it('is no JSON, not canonical, or repeats a member', async () => {
    const { entry } = await signStatement(prepare(offer), [phone]);
    const text = new TextDecoder().decode(entry);
    expect(outcome(utf8('{'))).toBe('not_json');
    expect(outcome(utf8(`${text} `))).toBe('not_canonical');
    expect(outcome(utf8(text.replace('{', '{"payload":"x",')))).toBe('not_canonical');
    expect(outcome(utf8(`\uFEFF${text}`))).toBe('not_json');
  });

  it('has another form than a JWS with ordered signatures', async () => {
    expect(outcome(canonicalBytes({ payload: 'x' }))).toBe('bad_form');
    expect(outcome(await jws((parts) => (parts.signatures = [])))).toBe('bad_form');
    expect(outcome(await jws((parts) => parts.signatures.reverse()))).toBe('signatures_unordered');
    expect(outcome(await jws((parts) => parts.signatures.push(required(parts.signatures[1], 'second'))))).toBe(
      'signatures_unordered',
    );
  });

  it('has another header than alg, kid and kind', async () => {
    const header = (said: object) =>
      jws((parts) => (parts.signatures[0] = { protected: encoded(said), signature: 'AA' }));
    const { kid } = aggregator;
    expect(outcome(await header({ alg: 'SM2SM3', kid, typ: 'gridpact-statement' }))).toBe('unknown_suite');
    expect(outcome(await header({ alg: 'none', kid, typ: 'gridpact-statement' }))).toBe('unknown_suite');
    expect(outcome(await header({ alg: 'Ed25519', kid, typ: 'gridpact-promise' }))).toBe('bad_header');
    expect(outcome(await header({ alg: 'Ed25519', kid, typ: 'gridpact-statement', jku: 'x' }))).toBe('bad_header');
  });

  it('has an envelope, type or body that nobody defined', async () => {
    const { envelope } = prepare(offer);
    const broken = async (said: object) => outcome((await signed(said)).entry);
    expect(await broken({ ...envelope, v: 2 })).toBe('bad_envelope');
    expect(await broken({ ...envelope, at: '2026-02-30T00:00:00.000Z' })).toBe('bad_envelope');
    expect(await broken({ ...envelope, at: '2026-07-01T24:00:00.000Z' })).toBe('bad_envelope');
    expect(await broken({ ...envelope, parents: ['ab'.repeat(32), 'ab'.repeat(32)] })).toBe('bad_envelope');
    expect(await broken({ ...envelope, type: 'bribe.offered' })).toBe('unknown_type');
    expect(await broken({ ...envelope, body: { open: offer.body } })).toBe('body_form');
    expect(await broken({ ...envelope, type: 'clock.set' })).toBe('body_form');
    expect(await broken({ ...envelope, type: 'clock.set', body: { open: { revision: 0 } } })).toBe('bad_body');
  });

  it('has a signature by an unknown key, of another suite, or over other bytes', async () => {
    const statement = await signStatement(prepare(offer), [phone]);
    const code = (given: typeof statement, find = keyOf) => {
      const verified = verifySignatures(given, find);
      return verified.ok ? 'ok' : verified.refusal.code;
    };
    const record = required(keyOf(phone.kid), 'key');
    expect(code(statement)).toBe('ok');
    expect(code(statement, () => undefined)).toBe('unknown_key');
    expect(code(statement, () => ({ ...record, suite: 'ed25519' }))).toBe('suite_mismatch');
    expect(code(statement, () => ({ ...record, jwk: { ...record.jwk, y: seed(3) } }))).toBe('bad_signature');
    expect(code({ ...statement, payload: prepare({ ...offer, by: 'user-2' }).payload })).toBe('bad_signature');
  });

  it('is what every single changed bit makes of a signed one', async () => {
    const { entry } = await signStatement(prepare(offer), [phone, aggregator]);
    fc.assert(
      fc.property(fc.nat(entry.length - 1), fc.nat(7), (at, bit) => {
        const flipped = Uint8Array.from(entry);
        flipped[at] = required(flipped[at], 'byte') ^ (1 << bit);
        const parsed = parseStatement(flipped);
        return !parsed.ok || !verifySignatures(parsed.value, keyOf).ok;
      }),
      { numRuns: 500 },
    );
  });
});

interface Mutable {
  payload: string;
  signatures: { protected: string; signature: string }[];
}

const encoded = (value: unknown): string => toBase64Url(canonicalBytes(value));

/** Signs any envelope, lawful or not, as a dishonest party would. */
async function signed(envelope: object) {
  return signStatement({ ...prepare(offer), envelope: envelope as never, payload: encoded(envelope) }, [phone]);
}

/** An entry near the bound: 512 parents, and signatures of any length, since parsing does not weigh them. */
function entryWith(signatureBytes: number): Uint8Array | 'too large' {
  const parents = Array.from({ length: 512 }, (_, index) => index.toString(16).padStart(64, '0'));
  const signatures = Array.from({ length: 6 }, (_, index) =>
    padding(`${index}`.repeat(43), signatureBytes - 3000 * index),
  );
  try {
    return assembleStatement(prepare({ ...offer, parents }), signatures).entry;
  } catch (error) {
    expect(error).toBeInstanceOf(RangeError);
    return 'too large';
  }
}

function padding(kid: string, bytes: number): Signature {
  const protectedHeader = encoded({ alg: 'Ed25519', kid, typ: 'gridpact-statement' });
  return { kid, suite: 'ed25519', protectedHeader, signature: new Uint8Array(Math.max(1, Math.min(3000, bytes))) };
}
