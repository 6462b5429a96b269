import { RefusedError } from '@gridpact/platform/http';
import { describe, expect, it } from 'vitest';
import { composeHome } from './home.js';
import { UpstreamAway } from './upstream-away.js';

const there = (value: unknown): PromiseSettledResult<unknown> => ({ status: 'fulfilled', value });
const away: PromiseSettledResult<unknown> = { status: 'rejected', reason: new UpstreamAway('settlement', undefined) };
const refused: PromiseSettledResult<unknown> = {
  status: 'rejected',
  reason: new RefusedError({ code: 'unauthenticated', detail: 'the token is not valid' }, 401),
};

describe('the first screen', () => {
  it('shows all parts when all owners answer', () => {
    const home = composeHome({ instructions: there([1]), enrolments: there([2]), results: there([3]) });
    expect(home).toEqual({ instructions: [1], enrolments: [2], results: [3], missing: [] });
  });

  it('leaves the place of an absent owner empty and names it', () => {
    const home = composeHome({ instructions: there([1]), enrolments: there([2]), results: away });
    expect(home).toEqual({ instructions: [1], enrolments: [2], results: null, missing: ['results'] });
  });

  it('is away itself when every owner is', () => {
    expect(() => composeHome({ instructions: away, enrolments: away, results: away })).toThrow(UpstreamAway);
  });

  it('passes a refusal on, also beside an absent owner', () => {
    expect(() => composeHome({ instructions: refused, enrolments: there([]), results: away })).toThrow(RefusedError);
  });
});
