import { z } from 'zod';
import { ConfigError, type ServiceConfig } from '../config/index.js';
import type { MachineClock } from '../clock/index.js';
import { ProblemError } from '../http/fetch-json.js';
import type { IssuerKeys } from './issuer.js';

/** A token is fetched anew so long before it expires. */
const RENEW_BEFORE_MS = 30_000;
const TOKEN_TIMEOUT_MS = 5_000;

const tokenAnswer = z.looseObject({ access_token: z.string().min(1), expires_in: z.number().positive() });

interface HeldToken {
  readonly token: string;
  readonly renewAt: number;
}

/** The service's own access tokens (client credentials, RFC 6749 section 4.4), for calling peers. */
export class AccessTokens {
  private held: HeldToken | undefined;
  private renewal: Promise<HeldToken> | undefined;

  constructor(
    private readonly issuer: Pick<IssuerKeys, 'metadata'>,
    private readonly config: Pick<ServiceConfig, 'GRIDPACT_CLIENT_ID' | 'GRIDPACT_CLIENT_SECRET'>,
    private readonly clock: MachineClock,
  ) {}

  /** A token with at least 30 s to live; concurrent callers share one request, and a failed one is not kept. */
  async token(): Promise<string> {
    if (this.held && this.clock.now() < this.held.renewAt) return this.held.token;
    this.renewal ??= this.fetchToken().finally(() => {
      this.renewal = undefined;
    });
    this.held = await this.renewal;
    return this.held.token;
  }

  private async fetchToken(): Promise<HeldToken> {
    const { GRIDPACT_CLIENT_ID: id, GRIDPACT_CLIENT_SECRET: secret } = this.config;
    if (!id || !secret) throw new ConfigError(['GRIDPACT_CLIENT_ID, GRIDPACT_CLIENT_SECRET: are missing']);
    const { token_endpoint } = await this.issuer.metadata();
    const response = await fetch(token_endpoint, {
      method: 'POST',
      headers: { authorization: basic(id, secret), 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ grant_type: 'client_credentials' }),
      signal: AbortSignal.timeout(TOKEN_TIMEOUT_MS),
    });
    if (!response.ok) throw new ProblemError(response.status, 'token_refused', await response.text(), token_endpoint);
    const { access_token, expires_in } = tokenAnswer.parse(await response.json());
    return { token: access_token, renewAt: this.clock.now() + expires_in * 1_000 - RENEW_BEFORE_MS };
  }
}

/** Client id and secret in the Authorization header, form-encoded first (RFC 6749 section 2.3.1). */
function basic(id: string, secret: string): string {
  const pair = `${encodeURIComponent(id)}:${encodeURIComponent(secret)}`;
  return `Basic ${Buffer.from(pair).toString('base64')}`;
}
