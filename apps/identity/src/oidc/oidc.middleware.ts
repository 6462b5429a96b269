import type { IncomingMessage, ServerResponse } from 'node:http';
import { Inject, Injectable, type NestMiddleware } from '@nestjs/common';
import type Provider from 'oidc-provider';

export const OIDC_PROVIDER = Symbol('OIDC_PROVIDER');

/** Everything that the provider answers itself; all else is the service's own API. */
export const OIDC_PATHS = ['/.well-known/openid-configuration', '/oidc/{*path}'] as const;

/** Hands the issuer's paths to the provider, before bodies are parsed: it reads forms itself. */
@Injectable()
export class OidcMiddleware implements NestMiddleware<IncomingMessage, ServerResponse> {
  private readonly answer: ReturnType<Provider['callback']>;

  constructor(@Inject(OIDC_PROVIDER) provider: Provider) {
    this.answer = provider.callback();
  }

  async use(request: IncomingMessage & { originalUrl?: string }, response: ServerResponse): Promise<void> {
    request.url = request.originalUrl ?? request.url ?? '/';
    await this.answer(request, response);
  }
}
