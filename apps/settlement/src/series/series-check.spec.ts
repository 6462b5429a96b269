import { Evidence } from '@gridpact/dossier';
import { toBase64 } from '@gridpact/tlog';
import { beforeAll, describe, expect, it } from 'vitest';
import { Town } from '../town.fixture.js';
import { provenParts } from './series-check.js';

let town: Town;
let evidence: Evidence;

beforeAll(async () => {
  town = await Town.afterEvent('event-1', 'ab'.repeat(32));
  await town.commitWindow();
  const read = Evidence.of(
    town.log.entries.map(({ statement, index }) => ({ entry: toBase64(statement.entry), index })),
  );
  if (!read.ok) throw new Error(read.refusal.detail);
  evidence = read.value;
});

/** A meter's parts as ingest hands them over, free to be changed. */
function handed(meter = 'meter-1') {
  const parts = structuredClone(town.parts.get(meter) ?? []);
  return parts.map(({ statement, opening, records }) => ({ statement, opening, records }));
}

const refused = (detail: string) => ({ refusal: { code: 'part_unproven', detail: expect.stringContaining(detail) } });

describe('parts of a series', () => {
  it('stand when records, root, batch and statement agree', () => {
    const proven = provenParts(evidence, 'meter-1', handed());
    expect(proven.ok && proven.value.map(({ readings }) => readings.length)).toEqual([60 * 24, 18]);
  });

  it('are refused when one record differs', () => {
    const [days, window] = handed();
    const records = window?.records.map((record, at) =>
      at === 3 ? { ...(record as object), energyMicroKwh: '1' } : record,
    );
    expect(provenParts(evidence, 'meter-1', [days!, { ...window!, records: records ?? [] }])).toMatchObject(
      refused('series_differs'),
    );
  });

  it('are refused when a record is left out', () => {
    const [days] = handed();
    expect(provenParts(evidence, 'meter-1', [{ ...days!, records: days!.records.slice(1) }])).toMatchObject(
      refused('series_differs'),
    );
  });

  it('are refused when the item is not in the sealed batch', () => {
    const [days] = handed();
    const item = { ...(days!.opening.item as object), version: 2 };
    const part = { ...days!, opening: { ...days!.opening, item } };
    expect(provenParts(evidence, 'meter-1', [part])).toMatchObject(refused('not_in_batch'));
  });

  it('are refused under a statement that is not in the log, or of another batch', () => {
    const [days, window] = handed();
    expect(provenParts(evidence, 'meter-1', [{ ...days!, statement: 'ab'.repeat(32) }])).toMatchObject(
      refused('commitment_missing'),
    );
    expect(provenParts(evidence, 'meter-1', [{ ...days!, statement: window!.statement }])).toMatchObject(
      refused('not_in_batch'),
    );
  });

  it('are refused when they are those of another meter', () => {
    expect(provenParts(evidence, 'meter-1', handed('meter-2'))).toMatchObject(refused('meter-2'));
  });
});
