import { formatInstant, instant, instantOf, required } from '@gridpact/kernel';
import { canonicalText } from '@gridpact/statement';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  END,
  EVENT,
  START,
  announcedBody,
  answerBody,
  handed,
  instructed,
  openChain,
  outageBody,
  sign,
} from './event.fixture.js';
import { Evidence } from './evidence.js';
import { type EventFacts, factsOf } from './facts.js';
import { type SeriesPart, settlementInputsOf } from './inputs.js';

const HOUR_MS = 3_600_000;
let facts: EventFacts;

beforeAll(async () => {
  const { program, announced, clearing } = await openChain();
  const other = await sign(
    'event.announced',
    announcedBody('event-0', '2026-06-25T06:00:00.000Z', '2026-06-25T07:00:00.000Z'),
  );
  const { contract, instruction } = await instructed();
  const answer = await sign('curtailment.confirmed', answerBody('50000'));
  const outage = await sign('outage.flagged', outageBody('feeder-1'));
  const evidence = Evidence.of(handed([program, other, announced, contract, clearing, instruction, answer, outage]));
  if (!evidence.ok) throw new Error(evidence.refusal.detail);
  const read = factsOf(evidence.value, EVENT);
  if (!read.ok) throw new Error(read.refusal.detail);
  facts = read.value;
});

/** A part of the site's meter: hourly readings from an hour on, under a root and at an index of the log. */
const part = (index: number, root: string, from: string, energies: readonly string[]): SeriesPart => ({
  meter: 'meter-site-001',
  stepMs: HOUR_MS,
  root: root.repeat(64),
  index,
  readings: energies.map((energyMicroKwh, hour) => {
    return { start: formatInstant(instant(instantOf(from) + hour * HOUR_MS)), energyMicroKwh, quality: 'raw' };
  }),
});
const lineFrom = (parts: readonly SeriesPart[]) => required(settlementInputsOf(facts, parts).lines[0], 'line');

describe('inputs of a settlement run', () => {
  it('carry what the sealed statements say about the line', () => {
    expect(lineFrom([])).toMatchObject({
      line: 'site-001',
      aggregator: 'aggregator-1',
      user: 'user-site-001',
      baselineMethod: 'CN_TYP5',
      priceMicroCnyPerKwh: '2000000',
      commitments: [{ start: START, end: END, watt: '50000' }],
      outages: [{ start: START, end: END }],
      eventDays: ['2026-06-25', '2026-07-02'],
    });
  });

  it('let the part that is later in the log override the readings that it holds, and no others', () => {
    const first = part(10, 'a', START, ['100', '200', '300']);
    const correction = part(11, 'b', '2026-07-02T07:00:00.000Z', ['999']);
    const { series } = lineFrom([correction, first]);
    expect(series).toMatchObject({ start: START, energyMicroKwh: ['100', '999', '300'] });
    expect(series.roots).toEqual(['a'.repeat(64), 'b'.repeat(64)]);
  });

  it('leave a gap between parts as null, never as zero', () => {
    const { series } = lineFrom([part(1, 'a', START, ['100']), part(2, 'b', '2026-07-02T08:00:00.000Z', ['300'])]);
    expect(series.energyMicroKwh).toEqual(['100', null, '300']);
  });

  it('name the readings that stand as estimates', () => {
    const whole = part(1, 'a', START, ['100', '200']);
    const readings = whole.readings.map((reading, at) => (at === 1 ? { ...reading, quality: 'estimated' } : reading));
    expect(lineFrom([{ ...whole, readings }]).series.estimated).toEqual(['2026-07-02T07:00:00.000Z']);
  });

  it('take no part of another meter and no reading outside the days of the run', () => {
    const foreign = { ...part(1, 'c', START, ['777']), meter: 'meter-site-002' };
    const longAgo = part(2, 'd', '2020-01-01T00:00:00.000Z', ['888']);
    expect(lineFrom([foreign, longAgo]).series.energyMicroKwh).toEqual([]);
  });

  it('are the same bytes in whatever order parts arrive', () => {
    const parts = [
      part(3, 'a', START, ['1', '2', '3']),
      part(4, 'b', START, ['4']),
      part(4, 'c', START, ['5', '6']),
      part(9, 'd', '2026-07-02T08:00:00.000Z', ['7', '8']),
      part(9, 'd', '2026-07-02T08:00:00.000Z', ['7', '8']),
    ];
    const expected = canonicalText(settlementInputsOf(facts, parts));
    const anyOrder = fc.shuffledSubarray(parts, { minLength: parts.length });
    fc.assert(fc.property(anyOrder, (shuffled) => canonicalText(settlementInputsOf(facts, shuffled)) === expected));
    expect(lineFrom(parts).series.energyMicroKwh).toEqual(['5', '6', '7', '8']);
  });
});
