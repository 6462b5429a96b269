/** The machine or the checkout cannot be used as it is; the message is one sentence that says what to do. Exit code 2. */
export class UnusableError extends Error {
  override name = 'UnusableError';
}

/** A step was carried out and failed; the message ends with what the step printed last. Exit code 1. */
export class FailedError extends Error {
  override name = 'FailedError';
}

const SENTENCES: Readonly<Record<string, (where: string) => string>> = {
  ENOSPC: (where) => `The disk is full: free some space under ${where} and run the command again.`,
  EDQUOT: (where) => `The disk quota is used up: free some space under ${where} and run the command again.`,
  EROFS: (where) => `The folder ${where} is read-only: clone Gridpact to a folder you can write to.`,
  EACCES: (where) =>
    `The folder ${where} cannot be written by this user: change its owner or clone to your own folder.`,
  EPERM: (where) => `The folder ${where} cannot be changed by this user: change its owner or clone to your own folder.`,
  EMFILE: () => 'Too many open files: raise the limit with `ulimit -n 4096` and run the command again.',
  ENOMEM: () => 'The machine is out of memory: close other programs and run the command again.',
};

/** Turns what the operating system refused into the sentence that helps; everything else stays as it is. */
export function explained(error: unknown, where: string): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const sentence = SENTENCES[code];
  return sentence ? new UnusableError(sentence(pathOf(error) ?? where), { cause: error }) : error;
}

function pathOf(error: unknown): string | undefined {
  return error instanceof Error && 'path' in error && typeof error.path === 'string' ? error.path : undefined;
}
