export { fetchJson, ProblemError, type FetchOptions } from './fetch-json.js';
export { granted, RefusedError } from './refused-error.js';
export { Idempotent, IdempotencyInterceptor } from './idempotency.js';
export { IdempotencyStore } from './idempotency-store.js';
export { PROBLEM_MEDIA_TYPE, problemOf, type Problem, type ProblemIssue } from './problem.js';
export { ProblemFilter } from './problem-filter.js';
export { validationPipe } from './validation-pipe.js';
