import { StandardSchemaValidationPipe } from '@nestjs/common';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { ProblemIssue } from './problem.js';

/** Issues of one body that a problem lists; the rest are counted. */
const MAX_ISSUES = 50;

/** A body, query or parameter that does not fit its schema. */
export class InvalidRequestError extends Error {
  override readonly name = 'InvalidRequestError';

  constructor(readonly issues: readonly ProblemIssue[]) {
    super('the request does not fit its schema');
  }
}

/** Global pipe: `@Body({ schema })` gives the handler what the schema read; anything else is 400 `invalid_request`. */
export function validationPipe(): StandardSchemaValidationPipe {
  return new StandardSchemaValidationPipe({
    exceptionFactory: (issues) => new InvalidRequestError(issues.slice(0, MAX_ISSUES).map(issueOf)),
  });
}

function issueOf(issue: StandardSchemaV1.Issue): ProblemIssue {
  const path = (issue.path ?? []).map((step) => String(typeof step === 'object' ? step.key : step));
  return { path: path.join('.'), message: issue.message };
}
