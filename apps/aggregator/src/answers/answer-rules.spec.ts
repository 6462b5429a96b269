import { plusMs } from '@gridpact/kernel';
import { describe, expect, it } from 'vitest';
import { type AnswerRefusal, type Confirmation, type SentAnswer, judgeAnswer } from './answer-rules.js';
import { DEADLINE, askedIntervals, exampleAnswer, leaf, unanswered } from './answer.fixture.js';

const [first, second] = askedIntervals as [(typeof askedIntervals)[number], (typeof askedIntervals)[number]];

describe('an answer', () => {
  it('is taken at the very deadline', () => {
    const sent = exampleAnswer();
    expect(judgeAnswer(unanswered(), sent)).toEqual({ ok: true, value: sent.body });
  });

  it.each<[string, Partial<Confirmation>]>([
    ['a part of one interval', { answer: 'part', intervals: [first, { ...second, watt: '1' }] }],
    ['one interval wholly and another not at all', { answer: 'part', intervals: [first, { ...second, watt: '0' }] }],
    ['nothing, declined', { answer: 'declined', intervals: [] }],
  ])('may be %s', (_, body) => {
    expect(judgeAnswer(unanswered(), exampleAnswer(body)).ok).toBe(true);
  });

  it('replaces the one that stands when it names it', () => {
    const later = exampleAnswer({ earlier: leaf('2'), answer: 'declined', intervals: [] });
    expect(judgeAnswer(unanswered(leaf('2')), later).ok).toBe(true);
  });

  it.each<[AnswerRefusal, string, Partial<Confirmation>, Partial<SentAnswer>]>([
    ['deadline_passed', 'a millisecond late', {}, { receivedAt: plusMs(DEADLINE, 1) }],
    ['wrong_reference', 'about another event', { event: 'event-2' }, {}],
    ['wrong_reference', 'about another site', { site: 'site-2' }, {}],
    ['wrong_reference', 'under another subject', {}, { subject: 'site-1' }],
    ['wrong_reference', 'following from something else', {}, { parents: [leaf('9')] }],
    ['wrong_reference', 'following from more than it names', {}, { parents: [leaf('1'), leaf('9')] }],
    ['wrong_via', 'in the name of silence', { via: 'silence' }, {}],
    ['wrong_via', 'naming an offer', { offer: leaf('7') }, { parents: [leaf('1'), leaf('7')] }],
    ['exceeds_instruction', 'of a watt too much', { intervals: [{ ...first, watt: '5001' }, second] }, {}],
    ['intervals_mismatch', 'without one interval', { intervals: [first] }, {}],
    ['intervals_mismatch', 'in another order', { intervals: [second, first] }, {}],
    ['intervals_mismatch', 'full of nothing', { intervals: [] }, {}],
    ['intervals_mismatch', 'over another span', { intervals: [first, { ...second, end: first.end }] }, {}],
    ['answer_inconsistent', 'full but less', { intervals: [first, { ...second, watt: '2999' }] }, {}],
    ['answer_inconsistent', 'part but all', { answer: 'part' }, {}],
    ['answer_inconsistent', 'part of 0 W', { answer: 'part', intervals: askedIntervals.map(nothing) }, {}],
    ['answer_inconsistent', 'declined with intervals', { answer: 'declined' }, {}],
    ['earlier_mismatch', 'naming an earlier one where none stands', { earlier: leaf('2') }, {}],
  ])('is refused as %s when it is %s', (code, _, body, sent) => {
    expect(judgeAnswer(unanswered(), exampleAnswer(body, sent))).toMatchObject({ ok: false, refusal: { code } });
  });

  it.each([
    ['names none', null],
    ['names one that was replaced', leaf('3')],
  ])('is refused when another stands and it %s', (_, earlier) => {
    const judged = judgeAnswer(unanswered(leaf('2')), exampleAnswer({ earlier }));
    expect(judged).toMatchObject({ ok: false, refusal: { code: 'earlier_mismatch' } });
  });
});

function nothing<T>(interval: T): T & { watt: string } {
  return { ...interval, watt: '0' };
}
