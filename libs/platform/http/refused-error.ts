import type { Refusal, Result } from '@gridpact/kernel';

/** A refusal on its way out of a controller; the problem filter turns it into a problem of its code. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';

  constructor(
    readonly refusal: Refusal,
    readonly status = 409,
  ) {
    super(`${refusal.code}: ${refusal.detail}`);
  }
}

/** The granted value; a refusal is thrown as the HTTP status that the controller's table gives its code. */
export function granted<T, Code extends string>(
  result: Result<T, Code>,
  statusByCode: Readonly<Record<Code, number>>,
): T {
  if (result.ok) return result.value;
  throw new RefusedError(result.refusal, statusByCode[result.refusal.code]);
}
