import { topics, type Submission } from '@gridpact/contracts';
import type { Opening } from '@gridpact/statement';

/** All submissions share one key, hence one partition: the log keeps the order in which they were handed over. */
const SUBMISSION_KEY = 'log';

/** What goes with a statement to the ledger. */
export interface SubmissionOptions {
  /** Salt and body of a statement whose type is not open. */
  readonly opening?: Opening;
  /** Parties that may read the body. */
  readonly audience: readonly string[];
  /** Canonical JSON bytes of the promise's JWS, for a deadline-bound statement. */
  readonly promise?: Uint8Array;
}

/** A submission as the outbox takes it. */
export interface SubmissionMessage {
  readonly topic: typeof topics.submission;
  readonly key: string;
  readonly value: Submission;
}

/** Message that submits an entry to the ledger: `outbox.add(tx, submissionOf(statement.entry, { audience }))`. */
export function submissionOf(entry: Uint8Array, options: SubmissionOptions): SubmissionMessage {
  const value: Submission = {
    entry: Buffer.from(entry).toString('base64'),
    audience: [...options.audience],
    ...(options.opening ? { opening: options.opening } : {}),
    ...(options.promise ? { promise: Buffer.from(options.promise).toString('base64') } : {}),
  };
  return { topic: topics.submission, key: SUBMISSION_KEY, value };
}
