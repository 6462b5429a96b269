import { instantOf } from '@gridpact/kernel';
import { describe, expect, it } from 'vitest';
import { DEADLINE, askedIntervals, leaf } from './answer.fixture.js';
import {
  type SentWithdrawal,
  type StandingAnswer,
  type Withdrawal,
  type WithdrawalRefusal,
  judgeWithdrawal,
  remainingIntervals,
} from './withdrawal-rules.js';

const NOW = '2018-07-26T06:20:00.000Z';

const answer: StandingAnswer = {
  statement: leaf('2'),
  event: 'event-1',
  site: 'site-1',
  intervals: askedIntervals,
  confirmBy: DEADLINE,
  withdrawn: false,
};

function sent(changes: Partial<Withdrawal> = {}, receivedAt = NOW): SentWithdrawal {
  const named = { confirmation: leaf('2'), event: 'event-1', site: 'site-1' };
  const body = { ...named, effectiveAt: NOW, reason: 'a machine failed', ...changes };
  return { body, subject: 'event-1', parents: [leaf('2')], receivedAt: instantOf(receivedAt) };
}

describe('a withdrawal', () => {
  it('takes effect at once', () => {
    expect(judgeWithdrawal(answer, sent()).ok).toBe(true);
  });

  it.each<[WithdrawalRefusal, string, SentWithdrawal, Partial<StandingAnswer>]>([
    ['effective_in_past', 'reaches back', sent({ effectiveAt: '2018-07-26T06:19:59.999Z' }), {}],
    ['event_over', 'comes at the end', sent({}, '2018-07-26T08:00:00.000Z'), {}],
    ['event_over', 'takes effect at the end', sent({ effectiveAt: '2018-07-26T08:00:00.000Z' }), {}],
    ['event_over', 'is of an answer that declined', sent(), { intervals: [] }],
    ['deadline_open', 'comes before the deadline', sent({}, '2018-07-26T02:00:00.000Z'), {}],
    ['already_withdrawn', 'is the second', sent(), { withdrawn: true }],
    ['wrong_reference', 'names another site', sent({ site: 'site-2' }), {}],
    ['wrong_reference', 'follows from something else', { ...sent(), parents: [leaf('3')] }, {}],
  ])('is refused as %s when it %s', (code, _, word, standing) => {
    expect(judgeWithdrawal({ ...answer, ...standing }, word)).toMatchObject({ ok: false, refusal: { code } });
  });

  it('leaves the intervals before it and cuts the one that it falls into', () => {
    const [first, second] = askedIntervals;
    expect(remainingIntervals(askedIntervals, NOW)).toEqual([{ ...first, end: NOW }]);
    expect(remainingIntervals(askedIntervals, second?.start ?? '')).toEqual([first]);
    expect(remainingIntervals(askedIntervals, first?.start ?? '')).toEqual([]);
  });
});
