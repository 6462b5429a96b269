/**
 * The outcome of a rule. An expected refusal is a value with a closed code, so that callers cannot forget it;
 * what may never happen throws.
 */
export type Result<T, Code extends string = string> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly refusal: Refusal<Code> };

/** Why something was refused: a closed code for programs, and a sentence for people that says what to do. */
export interface Refusal<Code extends string = string> {
  readonly code: Code;
  readonly detail: string;
}

/** A granted outcome. */
export function ok<T>(value: T): { readonly ok: true; readonly value: T } {
  return { ok: true, value };
}

/** A refused outcome. */
export function refuse<Code extends string>(
  code: Code,
  detail: string,
): { readonly ok: false; readonly refusal: Refusal<Code> } {
  return { ok: false, refusal: { code, detail } };
}

/** Throws when a union is extended without its switch. */
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${String(value)}`);
}

/** Unwraps what cannot be missing here; throws, naming what was expected, when it is. */
export function required<T>(value: T | null | undefined, what: string): T {
  if (value === null || value === undefined) throw new Error(`missing: ${what}`);
  return value;
}
