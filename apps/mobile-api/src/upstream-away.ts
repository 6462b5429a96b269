import { type ArgumentsHost, Catch, type ExceptionFilter, Inject } from '@nestjs/common';
import { LOGGER } from '@gridpact/platform/app';
import { PROBLEM_MEDIA_TYPE, ProblemError, RefusedError, problemOf } from '@gridpact/platform/http';
import { type Logger, currentTraceId } from '@gridpact/platform/telemetry';
import type { FastifyReply } from 'fastify';

/** When a phone should ask again: a restart of a service takes about so long. */
const RETRY_AFTER_SECONDS = 3;

/** An owner did not answer, or failed. What was asked of it may have happened: the same bytes are to be sent again. */
export class UpstreamAway extends Error {
  override readonly name = 'UpstreamAway';

  constructor(
    readonly owner: string,
    cause: unknown,
  ) {
    super(`${owner} does not answer`, { cause });
  }
}

/** What an owner refused, as the same refusal here; everything else means that it is away. */
export function passedOn(owner: string, error: unknown): RefusedError | UpstreamAway {
  if (error instanceof ProblemError && error.status >= 400 && error.status < 500) {
    return new RefusedError({ code: error.code, detail: error.detail }, error.status);
  }
  return new UpstreamAway(owner, error);
}

/** 503 with `Retry-After`: the phone keeps its bytes and comes again. */
@Catch(UpstreamAway)
export class UpstreamAwayFilter implements ExceptionFilter<UpstreamAway> {
  constructor(@Inject(LOGGER) private readonly log: Logger) {}

  catch(error: UpstreamAway, host: ArgumentsHost): void {
    const { owner } = error;
    this.log.warn({ err: error }, 'an owner is away');
    const traceId = currentTraceId();
    const detail = `${owner} cannot be reached right now; send the same request again`;
    const problem = problemOf(503, 'upstream_unavailable', detail, traceId ? { trace_id: traceId } : {});
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    void reply
      .status(503)
      .header('retry-after', String(RETRY_AFTER_SECONDS))
      .header('content-type', PROBLEM_MEDIA_TYPE)
      .send(JSON.stringify(problem));
  }
}
