/** What a verification found. */
export const VALID = 0;
/** The thing was read and is not what it claims; the first broken link is named. */
export const INVALID = 1;
/** Nothing could be verified: a file cannot be read, an option is wrong, a log cannot be reached. */
export const UNUSABLE = 2;

/** The verification cannot be made; the message says what to do. */
export class UnusableError extends Error {}
