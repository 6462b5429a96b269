import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { SetMetadata, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import type { Reflector } from '@nestjs/core';
import canonicalize from 'canonicalize';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { catchError, concatMap, from, of, type Observable } from 'rxjs';
import { callerOf } from '../auth/index.js';
import type { IdempotencyStore, KeyedRequest } from './idempotency-store.js';
import { RefusedError } from './refused-error.js';

const IDEMPOTENT = 'gridpact:idempotent';
const MAX_KEY_CHARS = 200;
/** Tries to give a key back, and the pause between them. */
const RELEASE_TRIES = 6;
const RELEASE_PAUSE_MS = 500;

/**
 * A POST that wants an `Idempotency-Key`: the same key and body from the same caller get the first answer again. The
 * answer is stored after the effect, so a process killed in between runs the request once more after a minute: keep
 * what the handler does unique by its content as well.
 */
export const Idempotent = (): MethodDecorator => SetMetadata(IDEMPOTENT, true);

/** Applies {@link Idempotent}; global in every service that has a database. */
export class IdempotencyInterceptor implements NestInterceptor {
  constructor(
    private readonly reflector: Reflector,
    private readonly store: IdempotencyStore,
  ) {}

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const wanted = context.getType() === 'http' && this.reflector.get<boolean>(IDEMPOTENT, context.getHandler());
    if (!wanted) return next.handle();
    const http = context.switchToHttp();
    const reply = http.getResponse<FastifyReply>();
    const request = keyedRequest(http.getRequest<FastifyRequest>());
    const claim = await this.store.claim(request);
    switch (claim.state) {
      case 'claimed':
        return this.firstAnswer(request, claim.attempt, reply, next);
      case 'answered':
        void reply.status(claim.status).header('idempotency-replayed', 'true');
        return of(claim.body === null ? undefined : JSON.parse(claim.body));
      case 'running':
        throw refused(409, 'idempotency_key_in_use', 'a request with this Idempotency-Key is still running; try again');
      case 'other_request':
        throw refused(422, 'idempotency_key_reused', 'this Idempotency-Key came with another request; use a new one');
    }
  }

  private firstAnswer(
    request: KeyedRequest,
    attempt: string,
    reply: FastifyReply,
    next: CallHandler,
  ): Observable<unknown> {
    return next.handle().pipe(
      concatMap(async (body: unknown) => {
        const written = body === undefined ? null : JSON.stringify(body);
        await this.store.answer(request, attempt, reply.statusCode, written);
        return body;
      }),
      catchError((error: unknown) => from(this.releaseAndThrow(request, attempt, error))),
    );
  }

  /** A database that restarts gets a moment: a key that is not given back bars its own request until its lease ends. */
  private async releaseAndThrow(request: KeyedRequest, attempt: string, error: unknown): Promise<never> {
    for (let left = RELEASE_TRIES; left > 0; left -= 1) {
      const released = await this.store.release(request, attempt).then(
        () => true,
        () => false,
      );
      if (released) break;
      await delay(RELEASE_PAUSE_MS);
    }
    throw error;
  }
}

function keyedRequest(request: FastifyRequest): KeyedRequest {
  const key = request.headers['idempotency-key'];
  if (typeof key !== 'string' || key.length < 1 || key.length > MAX_KEY_CHARS) {
    throw refused(
      400,
      'idempotency_key_required',
      `send an Idempotency-Key header of 1 to ${MAX_KEY_CHARS} characters`,
    );
  }
  const content = `${request.method} ${request.url}\n${canonicalize(request.body ?? null) ?? ''}`;
  const caller = callerOf(request);
  const scope = caller ? `${caller.sub} ${caller.party}` : 'public';
  return { caller: scope, key, requestHash: createHash('sha256').update(content).digest('hex') };
}

function refused(status: number, code: string, detail: string): RefusedError {
  return new RefusedError({ code, detail }, status);
}
