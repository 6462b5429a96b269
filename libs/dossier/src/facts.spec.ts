import { instantOf, required } from '@gridpact/kernel';
import type { Statement } from '@gridpact/statement';
import { describe, expect, it } from 'vitest';
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
  programBody,
  sign,
} from './event.fixture.js';
import { Evidence } from './evidence.js';
import { type SiteFacts, factsOf } from './facts.js';

const read = (statements: readonly Statement[], sealed: readonly Statement[] = []) => {
  const evidence = Evidence.of(handed(statements, sealed));
  if (!evidence.ok) throw new Error(evidence.refusal.detail);
  return factsOf(evidence.value, EVENT);
};
const granted = (statements: readonly Statement[]) => {
  const facts = read(statements);
  if (!facts.ok) throw new Error(facts.refusal.detail);
  return facts.value;
};
/** Facts of the one site, from what was said after its instruction. */
const siteAfter = async (...said: Statement[]): Promise<SiteFacts> => {
  const { program, announced, clearing } = await openChain();
  const { contract, instruction } = await instructed();
  const { sites } = granted([contract, program, announced, clearing, instruction, ...said]);
  return required(sites[0], 'site');
};
const withdrawal = (confirmation: string, effectiveAt: string) => {
  return sign('curtailment.withdrawn', {
    confirmation,
    event: EVENT,
    site: 'site-001',
    effectiveAt,
    reason: 'machine',
  });
};

describe('facts of an event', () => {
  it('are refused by name where a statement that they rest on is missing', async () => {
    const { program, announced, clearing } = await openChain();
    const { contract, instruction } = await instructed();
    const code = (...statements: Statement[]): string => {
      const facts = read(statements);
      return facts.ok ? 'ok' : facts.refusal.code;
    };
    expect(code(program, clearing)).toBe('event_missing');
    expect(code(announced, clearing)).toBe('program_missing');
    expect(code(announced, program, clearing)).toBe('program_missing');
    expect(code(program, announced)).toBe('clearing_missing');
    expect(code(program, announced, clearing, instruction)).toBe('contract_missing');
    expect(code(program, announced, clearing, instruction, contract)).toBe('ok');
    expect(read([program, announced, clearing, instruction, contract], [contract])).toMatchObject({
      refusal: { code: 'contract_missing' },
    });
  });

  it('rest on the newest program before the announcement, never on one after it', async () => {
    const { program, announced, clearing } = await openChain();
    const second = await sign('program.published', programBody('11'.repeat(32)));
    const late = await sign('program.published', programBody('22'.repeat(32)));
    const facts = granted([program, second, announced, late, clearing]);
    expect(facts.programStatement).toBe(second.leafHash);
  });

  it('name the other events that were announced before this one cleared', async () => {
    const { program, announced, clearing } = await openChain();
    const earlier = await sign('event.announced', announcedBody('event-0'));
    const afterwards = await sign('event.announced', announcedBody('event-2'));
    const facts = granted([program, earlier, announced, clearing, afterwards]);
    expect(facts.otherEvents.map(({ event }) => event)).toEqual(['event-0']);
  });

  it('list sites by id, in whatever order they were instructed', async () => {
    const { program, announced, clearing } = await openChain();
    const [second, first] = [await instructed('site-002'), await instructed('site-001')];
    const statements = [program, announced, clearing, second.contract, first.contract];
    const facts = granted([...statements, second.instruction, first.instruction]);
    expect(facts.sites.map(({ site }) => site)).toEqual(['site-001', 'site-002']);
  });
});

describe('facts of a site', () => {
  it('know no answer and no commitment of a silent user', async () => {
    expect(await siteAfter()).toMatchObject({ answer: undefined, commitments: [], withdrawnAt: null });
  });

  it('let the answer stand that is last in the log', async () => {
    const full = await sign('curtailment.confirmed', answerBody('50000'));
    const part = await sign('curtailment.confirmed', answerBody('20000', 'part'));
    const forward = await siteAfter(full, part);
    expect([forward.answerStatement, forward.commitments[0]?.watt]).toEqual([part.leafHash, '20000']);
    const backward = await siteAfter(part, full);
    expect([backward.answerStatement, backward.commitments[0]?.watt]).toEqual([full.leafHash, '50000']);
  });

  it('commit to nothing once the user declined', async () => {
    const full = await sign('curtailment.confirmed', answerBody('50000'));
    const declined = await sign('curtailment.confirmed', answerBody('50000', 'declined'));
    expect((await siteAfter(full, declined)).commitments).toEqual([]);
  });

  it('ignore the answer to an instruction of another site', async () => {
    const foreign = await sign('curtailment.confirmed', answerBody('50000', 'full', 'site-002'));
    expect((await siteAfter(foreign)).answer).toBeUndefined();
  });

  it('take the earliest withdrawal of the answer that stands', async () => {
    const answer = await sign('curtailment.confirmed', answerBody('50000'));
    const later = await withdrawal(answer.leafHash, '2026-07-02T06:45:00.000Z');
    const earlier = await withdrawal(answer.leafHash, '2026-07-02T06:30:00.000Z');
    expect((await siteAfter(answer, later, earlier)).withdrawnAt).toBe('2026-07-02T06:30:00.000Z');
  });

  it('forget the withdrawal of an answer that was replaced', async () => {
    const first = await sign('curtailment.confirmed', answerBody('50000'));
    const left = await withdrawal(first.leafHash, '2026-07-02T06:30:00.000Z');
    const second = await sign('curtailment.confirmed', answerBody('40000', 'part'));
    expect((await siteAfter(first, left, second)).withdrawnAt).toBeNull();
  });

  it('have the outages of their own feeder only', async () => {
    const own = await sign('outage.flagged', outageBody('feeder-1'));
    const foreign = await sign('outage.flagged', outageBody('feeder-2'));
    expect((await siteAfter(foreign, own)).outages).toEqual([{ start: instantOf(START), end: instantOf(END) }]);
    expect((await siteAfter(foreign)).outages).toEqual([]);
  });
});
