import { instant, machineInstant, required } from '@gridpact/kernel';
import { toBase64Url } from '@gridpact/tlog';
import { describe, expect, it } from 'vitest';
import { canonicalBytes } from './canonical.js';
import { jwsBytes, signPayload } from './jws.js';
import { publicKeyOf } from './keys.js';
import { type SealPromise, parsePromise, signPromise, verifyPromise } from './promise.js';
import { parseStatement } from './statement.js';
import { ed25519Signer } from './suites/ed25519.js';

const ledger = ed25519Signer({ kty: 'OKP', crv: 'Ed25519', d: toBase64Url(new Uint8Array(32).fill(4)) });
const key = publicKeyOf(ledger, 'promise');
const promise: SealPromise = {
  statement: 'ab'.repeat(32),
  receivedAt: instant(Date.UTC(2026, 6, 1, 9, 59, 59, 999)),
  sealBy: machineInstant(Date.UTC(2026, 10, 24)),
  by: 'ledger',
};
const parsed = async (said: SealPromise) => {
  const read = parsePromise(await signPromise(said, ledger));
  return required(read.ok ? read.value : undefined, 'promise');
};

describe('a promise', () => {
  it('is read back with the times of both clocks and verifies under its key', async () => {
    const read = await parsed(promise);
    expect(read.promise).toEqual(promise);
    expect(verifyPromise(read, (kid) => (kid === key.kid ? key : undefined))).toEqual({ ok: true, value: key });
  });

  it('does not verify under another key or with another time', async () => {
    const read = await parsed(promise);
    const later = await parsed({ ...promise, receivedAt: instant(promise.receivedAt + 1) });
    const forged = { ...read, payload: later.payload };
    expect(verifyPromise(forged, () => key)).toMatchObject({ refusal: { code: 'bad_signature' } });
    expect(verifyPromise(read, () => undefined)).toMatchObject({ refusal: { code: 'unknown_key' } });
    const odd = { ...key, suite: 'p256-sha256' as const };
    expect(verifyPromise(read, () => odd)).toMatchObject({ refusal: { code: 'suite_mismatch' } });
  });

  it('is no statement, and a statement signature is no promise', async () => {
    const bytes = await signPromise(promise, ledger);
    expect(parseStatement(bytes)).toMatchObject({ refusal: { code: 'bad_header' } });
    const { payload } = await parsed(promise);
    const crossed = jwsBytes({ payload, signatures: [await signPayload(payload, 'gridpact-statement', ledger)] });
    expect(parsePromise(crossed)).toMatchObject({ refusal: { code: 'bad_header' } });
  });

  it('has one signature over exactly its five members', async () => {
    const second = ed25519Signer({ kty: 'OKP', crv: 'Ed25519', d: toBase64Url(new Uint8Array(32).fill(5)) });
    const { payload } = await parsed(promise);
    const both = await Promise.all([ledger, second].map((signer) => signPayload(payload, 'gridpact-promise', signer)));
    expect(parsePromise(jwsBytes({ payload, signatures: both }))).toMatchObject({ refusal: { code: 'bad_promise' } });
    const other = toBase64Url(canonicalBytes({ v: 1, kind: 'promise' }));
    const signature = await signPayload(other, 'gridpact-promise', ledger);
    const short = jwsBytes({ payload: other, signatures: [signature] });
    expect(parsePromise(short)).toMatchObject({ refusal: { code: 'bad_promise' } });
  });
});
