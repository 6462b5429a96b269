import { required } from '@gridpact/kernel';
import { toBase64Url } from '@gridpact/tlog';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BatchItem, batchOpening, sealBatch, verifyBatchOpening } from './batch.js';

const items = (count: number): BatchItem<{ amountFen: string }>[] =>
  Array.from({ length: count }, (_, index) => ({
    recipient: `site-${index}`,
    item: { amountFen: String(index % 3) },
    salt: new Uint8Array(32).fill(index),
  }));

describe('a sealed batch', () => {
  it('proves each item to its recipient, at every size', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), (count) => {
        const batch = sealBatch(items(count));
        const granted = batch.openings.map((opening) => verifyBatchOpening(batch, opening));
        return (
          batch.count === count &&
          granted.every((result, index) => result.ok && result.value === batch.openings[index]?.item)
        );
      }),
      { numRuns: 40 },
    );
  });

  it('gives openings in the form that travels', () => {
    const [opening] = sealBatch(items(3)).openings;
    expect(batchOpening.parse(JSON.parse(JSON.stringify(opening)))).toEqual(opening);
  });

  it('refuses an item, salt, index, path or count that is not its own', () => {
    const batch = sealBatch(items(5));
    const [opening, other] = [required(batch.openings[0], 'first'), required(batch.openings[3], 'fourth')];
    const code = (changed: object, root: object = {}) => {
      const result = verifyBatchOpening({ ...batch, ...root }, { ...opening, ...changed });
      return result.ok ? 'ok' : result.refusal.code;
    };
    expect(code({})).toBe('ok');
    expect(code({ item: { amountFen: '9' } })).toBe('not_in_batch');
    expect(code({ salt: other.salt })).toBe('not_in_batch');
    expect(code({ salt: toBase64Url(new Uint8Array(31)) })).toBe('bad_salt');
    expect(code({ index: 1 })).toBe('not_in_batch');
    expect(code({ index: 5 })).toBe('not_in_batch');
    expect(code({ path: other.path })).toBe('not_in_batch');
    expect(code({ path: opening.path.slice(1) })).toBe('not_in_batch');
    expect(code({}, { count: 9 })).toBe('not_in_batch');
    expect(code({}, { root: other.path[0] })).toBe('not_in_batch');
  });

  it('hides equal items behind different leaves and asks for salts of 32 bytes', () => {
    const [first, , , fourth] = sealBatch(items(8)).openings;
    expect(first?.item).toEqual(fourth?.item);
    expect(first?.path[0]).not.toBe(fourth?.path[0]);
    expect(() => sealBatch([{ recipient: 'a', item: 1, salt: new Uint8Array(31) }])).toThrow(RangeError);
  });
});
