import { required } from '@gridpact/kernel';
import { toBase64, toBase64Url, utf8 } from '@gridpact/tlog';
import { describe, expect, it } from 'vitest';
import { Evidence, type HandedStatement } from './evidence.js';
import { answerBody, handed, instructed, openChain, sign } from './event.fixture.js';

const refusalOf = (statements: readonly HandedStatement[]): string => {
  const read = Evidence.of(statements);
  return read.ok ? 'ok' : `${read.refusal.code}: ${read.refusal.detail}`;
};
const evidenceOf = (statements: readonly HandedStatement[]): Evidence => {
  const read = Evidence.of(statements);
  if (!read.ok) throw new Error(read.refusal.detail);
  return read.value;
};

describe('evidence', () => {
  it('stands in log order, in whatever order it was handed over', async () => {
    const { program, announced, clearing } = await openChain();
    const evidence = evidenceOf(handed([program, announced, clearing]).reverse());
    expect(evidence.statements.map(({ index }) => index)).toEqual([0, 1, 2]);
    expect(evidence.find(announced.leafHash)?.index).toBe(1);
    expect(evidence.findOf('program.published', announced.leafHash)).toBeUndefined();
    expect(evidence.before(2).of('clearing.computed')).toEqual([]);
  });

  it('shows a committed body to whom it was opened, and its place to everyone', async () => {
    const { contract, instruction } = await instructed();
    const evidence = evidenceOf(handed([contract, instruction], [contract]));
    expect(evidence.of('enrolment.agreed').map(({ body }) => body)).toEqual([undefined]);
    expect(evidence.opened('enrolment.agreed')).toEqual([]);
    expect(evidence.opened('instruction.issued')[0]?.body.site).toBe('site-001');
  });

  it('is refused when an entry is no statement, with the index that holds it', async () => {
    const [first] = handed([(await openChain()).program]);
    const bad = { ...required(first, 'statement'), entry: toBase64(utf8('{}')), index: 7 };
    expect(refusalOf([bad])).toMatch(/^bad_entry: statement at index 7: /);
  });

  it('is refused when a body does not open its commitment, with the statement', async () => {
    const answer = await sign('curtailment.confirmed', answerBody('50000'));
    const [one] = handed([answer]);
    const { opening, ...sealed } = required(one, 'statement');
    const held = required(opening, 'opening');
    const wrong = [
      { ...held, body: answerBody('50001') },
      { ...held, salt: toBase64Url(new Uint8Array(32).fill(8)) },
      { ...held, salt: 'AA' },
    ];
    for (const other of wrong) {
      expect(refusalOf([{ ...sealed, opening: other }])).toMatch(
        /^bad_opening: curtailment\.confirmed [0-9a-f]{64} at index 0/,
      );
    }
  });

  it('is refused when two statements claim one index', async () => {
    const { program, announced } = await openChain();
    const claims = handed([program, announced]).map((one) => ({ ...one, index: 3 }));
    expect(refusalOf(claims)).toBe('index_repeats: two statements claim index 3');
  });

  it('is refused when one statement claims two indexes', async () => {
    const { program } = await openChain();
    expect(refusalOf(handed([program, program]))).toBe('statement_repeats: one statement is given twice');
  });
});
