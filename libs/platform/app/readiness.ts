/** One condition of readiness; a throw counts as not ready. */
export type ReadinessCheck = () => boolean | Promise<boolean>;

/** Longest time that one check may take. */
const CHECK_TIMEOUT_MS = 2_000;

/** Conditions under which a service takes traffic; an app adds its own by name. */
export class Readiness {
  private readonly checks = new Map<string, ReadinessCheck>();

  /** Adds a condition; a second one under the same name replaces the first. */
  add(name: string, check: ReadinessCheck): void {
    this.checks.set(name, check);
  }

  /** Outcome of every check, asked at once. */
  async outcomes(): Promise<Readonly<Record<string, boolean>>> {
    const asked = [...this.checks].map(async ([name, check]) => [name, await outcomeOf(check)] as const);
    return Object.fromEntries(await Promise.all(asked));
  }
}

async function outcomeOf(check: ReadinessCheck): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(false), CHECK_TIMEOUT_MS);
  try {
    return await Promise.race([Promise.resolve(check()), late]);
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
  }
}
