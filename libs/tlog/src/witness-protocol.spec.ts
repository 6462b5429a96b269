import { describe, expect, it } from 'vitest';
import { consistencyProof } from './consistency.js';
import { toBase64 } from './encoding.js';
import { emptyRoot } from './hash.js';
import { cosignedCheckpoint, ORIGIN } from './log.fixture.js';
import { leaves, refusalOf } from './tree.fixture.js';
import {
  formatAddCheckpoint,
  formatTlogSize,
  originHash,
  parseAddCheckpoint,
  parseTlogSize,
} from './witness-protocol.js';

describe('the body of add-checkpoint', () => {
  it('reads as the specification writes it', () => {
    const body = `old 20852014
PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=
jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=
5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=
/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=

example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

\u2014 example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
`;
    const request = parseAddCheckpoint(body);
    expect([request.oldSize, request.proof.length]).toEqual([20_852_014, 4]);
    expect(formatAddCheckpoint(request)).toBe(body);
  });

  it('comes back the same', async () => {
    const request = { oldSize: 3, proof: consistencyProof(leaves(7), 3), checkpoint: await cosignedCheckpoint(7, []) };
    expect(parseAddCheckpoint(formatAddCheckpoint(request))).toEqual(request);
    const first = { oldSize: 0, proof: [], checkpoint: await cosignedCheckpoint(7, [1]) };
    expect(parseAddCheckpoint(formatAddCheckpoint(first))).toEqual(first);
  });

  it.each([
    ['no old size line', `${toBase64(emptyRoot())}\n\nrest`],
    ['a leading zero', 'old 01\n\nrest'],
    ['a sign', 'old -1\n\nrest'],
    ['a size above 2^53 - 1', 'old 9007199254740992\n\nrest'],
    ['a short hash', 'old 1\nAAAA\n\nrest'],
    ['no empty line', 'old 1\nrest'],
    ['64 hashes', `old 1\n${`${toBase64(emptyRoot())}\n`.repeat(64)}\nrest`],
  ])('is refused with %s', async (_, body) => {
    expect(await refusalOf(() => parseAddCheckpoint(body))).toBe('bad_witness_message');
  });

  it('is not written with more than 63 hashes', async () => {
    const proof = Array.from({ length: 64 }, emptyRoot);
    expect(await refusalOf(() => formatAddCheckpoint({ oldSize: 1, proof, checkpoint: '' }))).toBe(
      'bad_witness_message',
    );
  });
});

describe('the answers of a witness', () => {
  it('carry a size as a decimal line', async () => {
    expect([formatTlogSize(70_000), parseTlogSize('70000\n')]).toEqual(['70000\n', 70_000]);
    for (const body of ['70000', '\n', '07\n', '7\n\n']) {
      expect(await refusalOf(() => parseTlogSize(body))).toBe('bad_witness_message');
    }
  });

  it('are served under the hex hash of the origin', () => {
    expect(originHash('')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    expect(originHash(ORIGIN)).toMatch(/^[0-9a-f]{64}$/);
  });
});
