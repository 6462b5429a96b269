import { type Instant, instantOf } from '@gridpact/kernel';
import type { Confirmation, Instruction, SentAnswer, StandingInstruction } from './answer-rules.js';

/** Leaf hashes for examples: 64 times one digit. */
export const leaf = (digit: string): string => digit.repeat(64);

export const DEADLINE: Instant = instantOf('2018-07-26T02:00:00.000Z');

/** An instruction of two hours, 5 kW and 3 kW. */
export const askedIntervals: Instruction['intervals'] = [
  { start: '2018-07-26T06:00:00.000Z', end: '2018-07-26T07:00:00.000Z', watt: '5000' },
  { start: '2018-07-26T07:00:00.000Z', end: '2018-07-26T08:00:00.000Z', watt: '3000' },
];

export function exampleInstruction(changes: Partial<Instruction> = {}): Instruction {
  return {
    instruction: 'instruction-1',
    event: 'event-1',
    award: leaf('a'),
    enrolment: 'enrolment-1',
    enrolmentStatement: leaf('e'),
    user: 'user-1',
    site: 'site-1',
    intervals: askedIntervals,
    priceMicroCnyPerKwh: '1200000',
    estimatedFen: '768',
    confirmBy: '2018-07-26T02:00:00.000Z',
    ...changes,
  };
}

/** The instruction of {@link exampleInstruction} as it stands, unanswered. */
export function unanswered(standing: string | null = null): StandingInstruction {
  return { statement: leaf('1'), body: exampleInstruction(), standing };
}

/** A full answer to it at the very deadline; parents follow from the body unless given. */
export function exampleAnswer(changes: Partial<Confirmation> = {}, sent: Partial<SentAnswer> = {}): SentAnswer {
  const body: Confirmation = {
    instruction: 'instruction-1',
    event: 'event-1',
    site: 'site-1',
    answer: 'full',
    intervals: askedIntervals,
    earlier: null,
    via: 'phone',
    offer: null,
    ...changes,
  };
  const parents = body.earlier ? [leaf('1'), body.earlier] : [leaf('1')];
  return { body, subject: 'event-1', parents, receivedAt: DEADLINE, ...sent };
}
