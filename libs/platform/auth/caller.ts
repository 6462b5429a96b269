import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

/** Who sends a request: token subject, the party it acts for, and what it may do. */
export interface Caller {
  readonly sub: string;
  readonly party: string;
  readonly roles: readonly string[];
}

const callers = new WeakMap<FastifyRequest, Caller>();

/** Handler parameter: the caller that the guard admitted. Throws on a public route that got no token. */
export const Caller = createParamDecorator((_: unknown, context: ExecutionContext): Caller => {
  const caller = callerOf(context.switchToHttp().getRequest<FastifyRequest>());
  if (!caller) throw new Error('@Caller() stands on a route that admits requests without a token');
  return caller;
});

/** The admitted caller of a request; undefined on a public route. */
export function callerOf(request: FastifyRequest): Caller | undefined {
  return callers.get(request);
}

/** Notes who a request comes from; only the guard does. */
export function admit(request: FastifyRequest, caller: Caller): void {
  callers.set(request, caller);
}
