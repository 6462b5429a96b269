import type { Dice } from './dice.js';

/** How a user answers its instruction. */
export type AnswerStyle =
  'full' | 'part' | 'declines' | 'changes-answer' | 'too-late' | 'replays-foreign' | 'standing-offer' | 'silent';

/** What the site's meter shows in the event: how far the promised curtailment comes, and what befalls its readings. */
export interface Delivery {
  /** Share of the promised curtailment that is delivered, percent. */
  readonly percent: number;
  readonly incident: 'none' | 'leaves' | 'gap' | 'wrong-reading' | 'late-correction' | 'duplicates';
}

/** The part that a user plays. */
export interface Role extends Delivery {
  readonly answer: AnswerStyle;
}

/** Named parts: every city has each of them, on its first sites, so that no outcome is left to chance. */
const NAMED: readonly Role[] = [
  { answer: 'full', percent: 105, incident: 'none' },
  { answer: 'changes-answer', percent: 100, incident: 'none' },
  { answer: 'too-late', percent: 0, incident: 'none' },
  { answer: 'replays-foreign', percent: 0, incident: 'none' },
  { answer: 'standing-offer', percent: 100, incident: 'none' },
  { answer: 'silent', percent: 0, incident: 'none' },
  { answer: 'full', percent: 100, incident: 'leaves' },
  { answer: 'full', percent: 110, incident: 'wrong-reading' },
  { answer: 'full', percent: 105, incident: 'gap' },
  { answer: 'full', percent: 110, incident: 'late-correction' },
  { answer: 'full', percent: 100, incident: 'duplicates' },
  { answer: 'part', percent: 100, incident: 'none' },
  { answer: 'declines', percent: 0, incident: 'none' },
  { answer: 'full', percent: 60, incident: 'none' },
  { answer: 'full', percent: 0, incident: 'none' },
];

/** Smallest city in which every named part has a site, and the feeder that fails has one too. */
export const MINIMUM_SITES = NAMED.length + 1;

/** The part of the n-th site: a named one, or one thrown from the seed. */
export function roleOf(index: number, dice: Dice): Role {
  const named = NAMED[index];
  if (named) return named;
  const throwOf = dice.roll(`site ${index} part`, 100);
  if (throwOf < 8) return { answer: 'declines', percent: 0, incident: 'none' };
  if (throwOf < 20) return { answer: 'part', percent: 100, incident: 'none' };
  if (throwOf < 26) return { answer: 'standing-offer', percent: 100, incident: 'none' };
  return { answer: 'full', percent: 80 + dice.roll(`site ${index} delivery`, 41), incident: 'none' };
}
