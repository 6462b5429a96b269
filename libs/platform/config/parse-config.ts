import type { z } from 'zod';

/** A process was started with bad variables; the message names every one of them, and never a value. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(readonly problems: readonly string[]) {
    super(`bad configuration:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
  }
}

/**
 * Parses an environment once into a frozen object; an empty variable counts as absent. Throws {@link ConfigError} that
 * lists every bad variable at once, without its value, since it may be a secret.
 */
export function parseConfig<S extends z.ZodObject>(
  schema: S,
  env: Readonly<Record<string, string | undefined>>,
): Readonly<z.infer<S>> {
  const present = Object.entries(env).filter(([, value]) => value !== undefined && value !== '');
  const parsed = schema.safeParse(Object.fromEntries(present));
  if (!parsed.success) throw new ConfigError(parsed.error.issues.map(describeIssue));
  return Object.freeze(parsed.data);
}

function describeIssue(issue: z.core.$ZodIssue): string {
  const variable = String(issue.path[0] ?? '(environment)');
  const missing = issue.code === 'invalid_type' && issue.input === undefined && issue.message.includes('undefined');
  return `${variable}: ${missing ? 'is missing' : issue.message}`;
}
