import { generateKeyPairSync, sign, verify } from 'node:crypto';
import { fromBase64Url, fromHex, utf8 } from '@gridpact/tlog';
import { describe, expect, it } from 'vitest';
import { isSoundKey, publicKeyOf } from './keys.js';
import { suiteOf, suiteOfAlg, verifyWith } from './suites.js';
import { ed25519Signer } from './suites/ed25519.js';
import { p256Signer } from './suites/p256.js';
import { jwkThumbprint } from './thumbprint.js';

/** Key of RFC 8037 appendix A.1, which is also the first key of RFC 8032 section 7.1. */
const rfc8037 = {
  kty: 'OKP',
  crv: 'Ed25519',
  d: 'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A',
  x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
};
/** Key and signature of RFC 7515 appendix A.3. */
const rfc7515 = {
  kty: 'EC',
  crv: 'P-256',
  x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
  y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
};
const rfc7515Input =
  'eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ';
const rfc7515Signature = 'DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q';

describe('the suites', () => {
  it('name a key by the thumbprint of RFC 8037 appendix A.3', () => {
    expect(jwkThumbprint(rfc8037)).toBe('kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k');
    expect(ed25519Signer(rfc8037).kid).toBe('kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k');
    expect(() => jwkThumbprint({ kty: 'oct', k: 'AA' })).toThrow(RangeError);
  });

  it('sign with Ed25519 as RFC 8032 section 7.1 test 1 does', async () => {
    const signature = await ed25519Signer(rfc8037).sign(new Uint8Array());
    expect(signature).toEqual(
      fromHex(
        'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
      ),
    );
  });

  it('verify ES256 of RFC 7515 appendix A.3', () => {
    const key = { kid: jwkThumbprint(rfc7515), suite: 'p256-sha256', jwk: rfc7515 } as const;
    const signature = fromBase64Url(rfc7515Signature);
    expect(verifyWith(key, utf8(rfc7515Input), signature)).toBe(true);
    expect(verifyWith(key, utf8(`${rfc7515Input}Q`), signature)).toBe(false);
    expect(verifyWith(key, utf8(rfc7515Input), signature.subarray(1))).toBe(false);
  });

  it.each([
    ['ed25519', ed25519Signer, () => generateKeyPairSync('ed25519'), null],
    ['p256-sha256', p256Signer, () => generateKeyPairSync('ec', { namedCurve: 'P-256' }), 'sha256'],
  ] as const)('agree with OpenSSL both ways on %s, from PEM', async (suite, signerOf, generate, digest) => {
    const { privateKey, publicKey } = generate();
    const signer = signerOf(privateKey.export({ format: 'pem', type: 'pkcs8' }).toString());
    const message = utf8('ten kilowatts from two to three');
    const ours = await signer.sign(message);
    const theirs = sign(digest, message, { key: privateKey, dsaEncoding: 'ieee-p1363' });
    expect(verify(digest, message, { key: publicKey, dsaEncoding: 'ieee-p1363' }, ours)).toBe(true);
    expect(verifyWith(publicKeyOf(signer, 'signing'), message, theirs)).toBe(true);
    expect(signer.suite).toBe(suite);
    expect(isSoundKey(publicKeyOf(signer, 'signing'))).toBe(true);
  });

  it('refuse a PEM of another curve, and no PEM at all', () => {
    const pem = generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
    expect(() => p256Signer(pem)).toThrow(RangeError);
    expect(() => ed25519Signer('secret')).toThrow(RangeError);
    expect(() => ed25519Signer({ kty: 'OKP', crv: 'Ed25519' })).toThrow(RangeError);
  });

  it('call a key unsound that has a private part, a foreign kid or no valid point', () => {
    const record = publicKeyOf(ed25519Signer(rfc8037), 'signing');
    expect(isSoundKey(record)).toBe(true);
    expect(isSoundKey({ ...record, jwk: { ...record.jwk, d: rfc8037.d } })).toBe(false);
    expect(isSoundKey({ ...record, kid: jwkThumbprint(rfc7515) })).toBe(false);
    expect(isSoundKey({ ...record, suite: 'p256-sha256' })).toBe(false);
    expect(isSoundKey({ ...record, suite: 'sm2-sm3' })).toBe(false);
    const off = { ...rfc7515, y: rfc7515.x };
    expect(isSoundKey({ kid: jwkThumbprint(off), suite: 'p256-sha256', jwk: off })).toBe(false);
  });

  it('are a closed set', () => {
    expect(suiteOfAlg('Ed25519')?.name).toBe('ed25519');
    expect(suiteOfAlg('ES256')?.name).toBe('p256-sha256');
    expect(suiteOfAlg('EdDSA')).toBeUndefined();
    expect(suiteOf('sm2-sm3')).toBeUndefined();
  });
});
