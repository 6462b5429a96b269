import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { throwError, type Observable } from 'rxjs';
import { isTransient } from '../kafka/failure.js';
import { isSqlState } from '../postgres/failure.js';
import { currentTraceId, type Logger } from '../telemetry/index.js';
import { PROBLEM_MEDIA_TYPE, problemOf, type Problem } from './problem.js';
import { RefusedError } from './refused-error.js';
import { InvalidRequestError } from './validation-pipe.js';

/** Codes of what HTTP itself refuses, by status. */
const CODES: Readonly<Record<number, string>> = {
  400: 'bad_request',
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'not_found',
  405: 'method_not_allowed',
  408: 'request_timeout',
  413: 'body_too_large',
  414: 'uri_too_long',
  415: 'unsupported_media_type',
  429: 'too_many_requests',
  503: 'unavailable',
};

/** SQLSTATE of text that PostgreSQL cannot hold: a NUL, in a parameter or in JSON. */
const UNSTORABLE_TEXT = ['22021', '22P05'];

/** When a client may ask again after a 503. */
const RETRY_AFTER_S = 1;

/** Turns whatever a request throws into an RFC 9457 problem. What it does not know is a 500 that says nothing but its trace. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly log: Logger) {}

  catch(error: unknown, host: ArgumentsHost): Observable<never> | undefined {
    // Kafka: the strategy needs the error itself to tell a poisoned message from a broken world.
    if (host.getType() !== 'http') return throwError(() => error);
    const problem = { ...problemOfError(error), ...traceMember() };
    const http = host.switchToHttp();
    if (problem.status >= 500) this.log.error({ err: error, ...routeOf(http.getRequest()) }, 'request failed');
    const reply = http.getResponse<FastifyReply>();
    if (reply.sent) return undefined;
    if (problem.status === 503) void reply.header('retry-after', String(RETRY_AFTER_S));
    void reply.status(problem.status).header('content-type', PROBLEM_MEDIA_TYPE).send(JSON.stringify(problem));
    return undefined;
  }
}

/** What Fastify itself refuses before any route is found, such as a path that is too long or badly encoded. */
export function refuseUnrouted(error: Error & { statusCode?: number }, reply: FastifyReply): void {
  const problem = problemOfError(error);
  void reply.status(problem.status).header('content-type', PROBLEM_MEDIA_TYPE).send(JSON.stringify(problem));
}

function problemOfError(error: unknown): Problem {
  if (error instanceof RefusedError) return problemOf(error.status, error.refusal.code, error.refusal.detail);
  if (error instanceof InvalidRequestError) {
    const detail = error.issues.map(({ path, message }) => (path ? `${path}: ${message}` : message)).join('; ');
    return problemOf(400, 'invalid_request', detail, { issues: error.issues });
  }
  if (UNSTORABLE_TEXT.some((state) => isSqlState(error, state))) {
    return problemOf(400, 'invalid_request', 'the request holds a character that no text may hold');
  }
  if (isTransient(error)) return problemOf(503, 'unavailable', 'Something that this needs is away. Try again.');
  const status = statusOf(error);
  if (status === undefined || status === 500 || !(error instanceof Error)) {
    return problemOf(500, 'internal_error', 'Something failed here. Report the trace id.');
  }
  return problemOf(status, CODES[status] ?? `http_${status}`, error.message);
}

/** Status that Nest or Fastify gave an error: unknown route, bad JSON, media type, size. */
function statusOf(error: unknown): number | undefined {
  if (error instanceof HttpException) return error.getStatus();
  const isFastify = error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number';
  return isFastify ? Number(error.statusCode) : undefined;
}

/** Route by its pattern: a path may carry ids, a query anything. */
function routeOf(request: FastifyRequest): { method: string; route: string } {
  return { method: request.method, route: request.routeOptions?.url ?? 'unknown' };
}

function traceMember(): Pick<Problem, 'trace_id'> {
  const traceId = currentTraceId();
  return traceId ? { trace_id: traceId } : {};
}
