import { UpstreamAway } from './upstream-away.js';

/** One part of the first screen; null when its owner is away just now. */
export type Part = unknown;

/** The first screen: what is asked, what was agreed, what was earned; `missing` names the parts whose owner is away. */
export interface Home {
  readonly instructions: Part;
  readonly enrolments: Part;
  readonly results: Part;
  readonly missing: readonly string[];
}

/**
 * Puts the screen together from what its owners answered. A part that is away leaves its place empty, so that a user can
 * still answer while settlement restarts; with all parts away, or a refusal such as a bad token, the whole is refused.
 */
export function composeHome(parts: {
  readonly instructions: PromiseSettledResult<Part>;
  readonly enrolments: PromiseSettledResult<Part>;
  readonly results: PromiseSettledResult<Part>;
}): Home {
  const outcomes = Object.entries(parts);
  const failures = outcomes.flatMap(([, outcome]) => (outcome.status === 'rejected' ? [asError(outcome.reason)] : []));
  const decisive = failures.find((failure) => !(failure instanceof UpstreamAway));
  const [first] = failures;
  if (decisive) throw decisive;
  if (first && failures.length === outcomes.length) throw first;
  const missing = outcomes.flatMap(([name, { status }]) => (status === 'rejected' ? [name] : []));
  const { instructions, enrolments, results } = parts;
  return { instructions: valueOf(instructions), enrolments: valueOf(enrolments), results: valueOf(results), missing };
}

function valueOf(outcome: PromiseSettledResult<Part>): Part {
  return outcome.status === 'fulfilled' ? outcome.value : null;
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
