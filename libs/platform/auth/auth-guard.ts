import type { CanActivate, ExecutionContext } from '@nestjs/common';
import type { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { errors as jose } from 'jose';
import { z } from 'zod';
import { RefusedError } from '../http/refused-error.js';
import type { Logger } from '../telemetry/index.js';
import { admit, type Caller } from './caller.js';
import { PUBLIC, ROLES, type Role } from './decorators.js';
import type { TokenVerifier } from './issuer.js';

/** Longest token that is looked at, characters. */
const MAX_TOKEN_CHARS = 8_192;
const BEARER = /^Bearer ([A-Za-z0-9._~+/-]+=*)$/;

const claims = z.object({ sub: z.string().min(1), party: z.string().min(1), roles: z.array(z.string()).max(20) });

/**
 * Global guard: no route is open unless it says so. A missing or bad token is 401, a missing role 403, an issuer that
 * cannot be reached 503. Kafka handlers pass: the broker's own rights decide there.
 */
export class AuthGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly verifier: TokenVerifier,
    private readonly log: Logger,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (context.getType() !== 'http') return true;
    const targets = [context.getHandler(), context.getClass()];
    if (this.reflector.getAllAndOverride<boolean>(PUBLIC, targets)) return true;
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const caller = await this.callerOfToken(bearerToken(request));
    const roles = this.reflector.getAllAndOverride<Role[] | undefined>(ROLES, targets);
    if (roles && !roles.some((role) => caller.roles.includes(role))) {
      throw new RefusedError({ code: 'missing_role', detail: `this needs one of the roles ${roles.join(', ')}` }, 403);
    }
    admit(request, caller);
    return true;
  }

  private async callerOfToken(token: string): Promise<Caller> {
    const payload = await this.verifier.verify(token).catch((error: unknown) => {
      throw this.refusalOf(error);
    });
    const parsed = claims.safeParse(payload);
    if (!parsed.success) throw unauthenticated('the token lacks sub, party or roles');
    return parsed.data;
  }

  private refusalOf(error: unknown): RefusedError {
    const isAway = error instanceof jose.JWKSTimeout || !(error instanceof jose.JOSEError) || isFetchFailure(error);
    if (!isAway) return unauthenticated('the token is not valid');
    this.log.error({ err: error }, 'issuer cannot be asked for its keys');
    return new RefusedError(
      { code: 'issuer_unreachable', detail: 'tokens cannot be checked right now; try again' },
      503,
    );
  }
}

/** jose reports a JWKS endpoint that answers badly with its base error class. */
function isFetchFailure(error: jose.JOSEError): boolean {
  return error.code === 'ERR_JOSE_GENERIC';
}

function bearerToken(request: FastifyRequest): string {
  const header = request.headers.authorization ?? '';
  const token = header.length <= MAX_TOKEN_CHARS ? BEARER.exec(header)?.[1] : undefined;
  if (!token) throw unauthenticated('send a bearer token');
  return token;
}

function unauthenticated(detail: string): RefusedError {
  return new RefusedError({ code: 'unauthenticated', detail }, 401);
}
