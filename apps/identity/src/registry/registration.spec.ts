import { generateKeyPairSync, randomInt } from 'node:crypto';
import { instantOf, plusMs } from '@gridpact/kernel';
import {
  type BodyOf,
  type Draft,
  type KeySigner,
  addSignature,
  ed25519Signer,
  prepare,
  publicKeyOf,
  signStatement,
} from '@gridpact/statement';
import { describe, expect, it } from 'vitest';
import {
  CODE_ALPHABET,
  CODE_LIFETIME_MS,
  type EnrolmentCode,
  MAX_REFUSED_TRIES,
  codeDigest,
  newCode,
} from './enrolment-code.js';
import { acceptRegistration } from './registration.js';

const now = instantOf('2026-07-01T08:00:00.000Z');
const code: EnrolmentCode = {
  party: 'user-1',
  role: 'user',
  expiresAt: plusMs(now, CODE_LIFETIME_MS),
  refusedTries: 0,
  usedByEntry: null,
};
const phone = newSigner();

describe('a registration', () => {
  it('is accepted from whoever holds the code and the key it brings', async () => {
    const accepted = acceptRegistration(code, await entryOf(), now);
    expect(accepted).toMatchObject({ ok: true, value: { key: { kid: phone.kid }, code } });
  });

  it('needs a code that exists, waits, is not locked and has time left', async () => {
    const entry = await entryOf();
    expect(codeOf(acceptRegistration(undefined, entry, now))).toBe('code_unknown');
    expect(codeOf(acceptRegistration({ ...code, usedByEntry: 'ab' }, entry, now))).toBe('code_used');
    expect(codeOf(acceptRegistration({ ...code, refusedTries: MAX_REFUSED_TRIES }, entry, now))).toBe('code_locked');
    expect(codeOf(acceptRegistration(code, entry, code.expiresAt))).toBe('code_expired');
    expect(codeOf(acceptRegistration(code, entry, plusMs(code.expiresAt, -1)))).toBeUndefined();
  });

  it('registers no other party than the code names, in no other role', async () => {
    expect(await refusalOf({ body: { party: 'user-2' } })).toBe('wrong_party');
    expect(await refusalOf({ draft: { subject: 'user-2' } })).toBe('wrong_party');
    expect(await refusalOf({ draft: { by: 'user-2' } })).toBe('wrong_party');
    expect(await refusalOf({ body: { role: 'power-company' } })).toBe('wrong_body');
    expect(await refusalOf({ body: { registrar: 'user-1' } })).toBe('wrong_body');
    expect(await refusalOf({ body: { operator: 'aggregator-1' } })).toBe('wrong_body');
    expect(await refusalOf({ draft: { parents: ['0'.repeat(64)] } })).toBe('wrong_body');
  });

  it('proves possession: signed by the key that it brings, and by no other', async () => {
    const stranger = newSigner();
    expect(await refusalOf({ signer: stranger })).toBe('bad_signature');
    const both = await addSignature(await statementOf(), stranger);
    expect(codeOf(acceptRegistration(code, both.entry, now))).toBe('bad_signature');
    const two = [publicKeyOf(phone, 'sign'), publicKeyOf(stranger, 'sign')];
    expect(await refusalOf({ body: { keys: two } })).toBe('bad_key');
  });

  it('is a party.registered of the log, in canonical form', async () => {
    const revoked = prepare({
      ...draftOf(),
      type: 'key.revoked',
      body: { party: 'user-1', kid: phone.kid, reason: 'x' },
    });
    expect(codeOf(acceptRegistration(code, (await signStatement(revoked, [phone])).entry, now))).toBe('wrong_type');
    const entry = await entryOf();
    expect(codeOf(acceptRegistration(code, Uint8Array.from([...entry, 0x20]), now))).toBe('bad_statement');
  });
});

describe('an enrolment code', () => {
  it('is ten characters that nobody confuses', () => {
    expect(newCode((bound) => randomInt(bound))).toMatch(new RegExp(`^[${CODE_ALPHABET}]{10}$`));
    expect(CODE_ALPHABET).not.toMatch(/[01OIL]/);
  });

  it('is the same however it was typed, and another under another key', () => {
    const key = new Uint8Array(32);
    expect(codeDigest(key, 'abcde-fghjk ')).toBe(codeDigest(key, 'ABCDEFGHJK'));
    expect(codeDigest(new Uint8Array(32).fill(1), 'ABCDEFGHJK')).not.toBe(codeDigest(key, 'ABCDEFGHJK'));
  });
});

interface Twist {
  readonly body?: Partial<BodyOf<'party.registered'>>;
  readonly draft?: Partial<Draft<'party.registered'>>;
  readonly signer?: KeySigner;
}

function draftOf({ body, draft }: Twist = {}): Draft<'party.registered'> {
  const registered = {
    party: 'user-1',
    role: 'user',
    operator: null,
    keys: [publicKeyOf(phone, 'sign')],
    registrar: 'registry',
  } as const;
  return {
    type: 'party.registered',
    at: now,
    by: 'user-1',
    subject: 'user-1',
    parents: [],
    ...draft,
    body: { ...registered, ...body, keys: body?.keys ?? [...registered.keys] },
  };
}

function statementOf(twist: Twist = {}) {
  return signStatement(prepare(draftOf(twist)), [twist.signer ?? phone]);
}

async function entryOf(): Promise<Uint8Array> {
  return (await statementOf()).entry;
}

async function refusalOf(twist: Twist): Promise<string | undefined> {
  return codeOf(acceptRegistration(code, (await statementOf(twist)).entry, now));
}

function codeOf(decision: ReturnType<typeof acceptRegistration>): string | undefined {
  return decision.ok ? undefined : decision.refusal.code;
}

function newSigner(): KeySigner {
  const { privateKey } = generateKeyPairSync('ed25519');
  return ed25519Signer(privateKey.export({ format: 'pem', type: 'pkcs8' }).toString());
}
