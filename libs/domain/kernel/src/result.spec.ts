import { describe, expect, it } from 'vitest';
import { ok, refuse, required, unreachable } from './result.js';

describe('result', () => {
  it('carries a value when granted, a closed code and a sentence when refused', () => {
    expect(ok(7)).toEqual({ ok: true, value: 7 });
    expect(refuse('gate_closed', 'The gate closed at noon.')).toEqual({
      ok: false,
      refusal: { code: 'gate_closed', detail: 'The gate closed at noon.' },
    });
  });

  it('throws on what may never be missing and names it', () => {
    expect(required(0, 'count')).toBe(0);
    expect(required('', 'text')).toBe('');
    expect(() => required(undefined, 'award of site-7')).toThrow('missing: award of site-7');
    expect(() => required(null, 'award')).toThrow('missing: award');
  });

  it('throws on a case that its union does not have', () => {
    expect(() => unreachable('new-state' as never)).toThrow('unreachable: new-state');
  });
});
