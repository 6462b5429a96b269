import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as node from './crypto.node.js';
import * as web from './crypto.web.js';
import { fromHex, toHex, utf8 } from './encoding.js';
import { flipped } from './tree.fixture.js';

const bytes = fc.uint8Array({ maxLength: 300 });
const seed = fc.uint8Array({ minLength: 32, maxLength: 32 });

// RFC 8032 section 7.1, TEST 2.
const RFC8032_SEED = '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb';
const RFC8032_PUBLIC = '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c';
const RFC8032_SIGNATURE =
  '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00';

describe.each([
  ['Node', node],
  ['a browser', web],
])('the primitives of %s', (_, crypto) => {
  it('hash as FIPS 180-4 and sign as RFC 8032 publish', () => {
    expect(toHex(crypto.sha256(utf8('abc')))).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    const key = crypto.privateKeyFrom(fromHex(RFC8032_SEED));
    expect(toHex(key.publicKey)).toBe(RFC8032_PUBLIC);
    expect(toHex(key.sign(Uint8Array.of(0x72)))).toBe(RFC8032_SIGNATURE);
  });

  it('refuse a changed signature or message, a wrong length and a key that is no point', async () => {
    const key = crypto.publicKeyFrom(fromHex(RFC8032_PUBLIC));
    const signature = fromHex(RFC8032_SIGNATURE);
    expect(await key.verifyAsync(Uint8Array.of(0x72), signature)).toBe(true);
    expect(key.verify(Uint8Array.of(0x73), signature)).toBe(false);
    expect(key.verify(Uint8Array.of(0x72), flipped(signature, 63))).toBe(false);
    expect(await key.verifyAsync(Uint8Array.of(0x72), flipped(signature))).toBe(false);
    expect(key.verify(Uint8Array.of(0x72), signature.subarray(1))).toBe(false);
    expect(key.verify(Uint8Array.of(0x72), new Uint8Array())).toBe(false);
    const noPoint = crypto.publicKeyFrom(new Uint8Array(32).fill(0xff));
    expect(noPoint.verify(Uint8Array.of(0x72), signature)).toBe(false);
  });
});

describe('Node and a browser', () => {
  it('make the same hashes and signatures, and take each other’s', () => {
    fc.assert(
      fc.property(seed, bytes, (secret, message) => {
        const [here, there] = [node.privateKeyFrom(secret), web.privateKeyFrom(secret)];
        expect(there.publicKey).toEqual(here.publicKey);
        expect(there.sign(message)).toEqual(here.sign(message));
        expect(web.sha256(message)).toEqual(node.sha256(message));
        expect(web.publicKeyFrom(here.publicKey).verify(message, here.sign(message))).toBe(true);
        expect(node.publicKeyFrom(here.publicKey).verify(message, there.sign(message))).toBe(true);
      }),
      { numRuns: 20 },
    );
  });

  it('both refuse a signature whose scalar is not reduced (RFC 8032 section 5.1.7)', () => {
    const key = node.privateKeyFrom(fromHex(RFC8032_SEED));
    const message = utf8('malleable');
    const signature = key.sign(message);
    const malleated = withScalarPlusOrder(signature);
    expect(node.publicKeyFrom(key.publicKey).verify(message, malleated)).toBe(false);
    expect(web.publicKeyFrom(key.publicKey).verify(message, malleated)).toBe(false);
  });
});

/** The same signature with the group order added to its scalar: valid for verifiers that do not check the range. */
function withScalarPlusOrder(signature: Uint8Array): Uint8Array {
  const order = 2n ** 252n + 27_742_317_777_372_353_535_851_937_790_883_648_493n;
  const scalar = BigInt(`0x${toHex(signature.slice(32).reverse())}`) + order;
  const tail = fromHex(scalar.toString(16).padStart(64, '0')).reverse();
  return Uint8Array.from([...signature.subarray(0, 32), ...tail]);
}
