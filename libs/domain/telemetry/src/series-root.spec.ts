import { emptyRoot, fromHex, fromUtf8, leafHash, toHex, verifyInclusion } from '@gridpact/tlog';
import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { intervalRecords } from './record.js';
import { seriesItemOf, recordBytes, recordProof, seriesRoot } from './series-root.js';
import { HOUR_MS, OBSERVATION, hour, observationWith } from './telemetry.fixture.js';

const day = { meter: 'meter-1', from: hour(0), to: hour(24), stepMs: HOUR_MS };
const records = intervalRecords([14, 15, 16].map((n) => observationWith({ start: hour(n) })));

describe('canonical interval record', () => {
  it('is RFC 8785 of its fields', () => {
    fc.assert(
      fc.property(OBSERVATION, fc.string(), (observation, meter) => {
        for (const record of intervalRecords([{ ...observation, meter }])) {
          const plain = {
            ...record,
            energyMicroKwh: String(record.energyMicroKwh),
            start: new Date(record.start).toISOString(),
          };
          expect(fromUtf8(recordBytes(record))).toBe(canonicalize(plain));
        }
      }),
    );
  });
});

describe('root of a series', () => {
  it('of one record is its leaf hash, of none that of the empty tree', () => {
    const [record] = records;
    expect(seriesRoot(records.slice(0, 1))).toBe(toHex(leafHash(record ? recordBytes(record) : new Uint8Array())));
    expect(seriesRoot([])).toBe(toHex(emptyRoot()));
  });

  it('changes with every field of every record', () => {
    const root = seriesRoot(records);
    const changes = [{ energyMicroKwh: 11n }, { quality: 'estimated' as const }, { version: 2 }, { frame: null }];
    for (const change of changes) {
      expect(seriesRoot(records.map((record, at) => (at === 1 ? { ...record, ...change } : record)))).not.toBe(root);
    }
  });

  it('refuses records that repeat, fall back, or belong to another meter', () => {
    expect(() => seriesRoot([...records].reverse())).toThrow('ascend');
    expect(() => seriesRoot([...records.slice(0, 1), ...records.slice(0, 1)])).toThrow('ascend');
    expect(() => seriesRoot(records.map((record, at) => (at ? { ...record, meter: 'meter-2' } : record)))).toThrow();
  });

  it('is proved for each interval by a path', () => {
    records.forEach((record, index) => {
      const proof = recordProof(records, index);
      const tree = { size: proof.size, root: fromHex(seriesRoot(records)) };
      const path = proof.path.map(fromHex);
      expect(() => verifyInclusion(leafHash(recordBytes(record)), proof.index, tree, path)).not.toThrow();
      const other = leafHash(recordBytes({ ...record, energyMicroKwh: 0n }));
      expect(() => verifyInclusion(other, proof.index, tree, path)).toThrow();
    });
  });
});

describe('part of a commitment', () => {
  it('names span, step, version and count beside the root', () => {
    expect(seriesItemOf(day, records, 3)).toEqual({
      meter: 'meter-1',
      from: '2026-07-15T00:00:00.000Z',
      to: '2026-07-16T00:00:00.000Z',
      stepMs: HOUR_MS,
      version: 3,
      count: 3,
      root: seriesRoot(records),
    });
  });

  it('refuses a record outside its span', () => {
    expect(() => seriesItemOf({ ...day, to: hour(16) }, records, 1)).toThrow('no part');
    expect(() => seriesItemOf({ ...day, meter: 'meter-2' }, records, 1)).toThrow('no part');
  });
});
