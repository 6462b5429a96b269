import { createPrivateKey } from 'node:crypto';
import { SignJWT } from 'jose';
import { z } from 'zod';
import type { DeviceKey, RandomBytes } from './device-key.js';
import { type PhoneTokens, TokenRefused } from './mobile-client.js';

/** An assertion is used at once; a minute allows for clocks that differ. */
const ASSERTION_LIFETIME = '60s';
/** A token is renewed this long before it ends. */
const RENEW_BEFORE_MS = 60_000;
const TIMEOUT_MS = 10_000;
const JTI_BYTES = 16;
const MAX_QUOTED_CHARACTERS = 300;
const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

const discovery = z.object({ token_endpoint: z.url() });
const tokenAnswer = z.object({ access_token: z.string(), expires_in: z.number().positive() });

/** Whose tokens, from where. */
export interface TokenOwner {
  readonly party: string;
  readonly issuerUrl: string;
  readonly key: DeviceKey;
  readonly random: RandomBytes;
}

/** Access tokens of a phone by `private_key_jwt` (RFC 7523): the device key proves who asks. Cached until they near their end. */
export class AccessTokens implements PhoneTokens {
  private cached: { readonly token: string; readonly renewAtMs: number } | undefined;

  constructor(private readonly owner: TokenOwner) {}

  async token(): Promise<string> {
    if (!this.cached || Date.now() >= this.cached.renewAtMs) this.cached = await this.request();
    return this.cached.token;
  }

  forget(): void {
    this.cached = undefined;
  }

  private async request(): Promise<{ token: string; renewAtMs: number }> {
    const { issuerUrl } = this.owner;
    const found = discovery.parse(
      await jsonOf(await fetch(`${issuerUrl}/.well-known/openid-configuration`, bounded())),
    );
    const body = new URLSearchParams({
      grant_type: 'client_credentials',
      client_assertion_type: ASSERTION_TYPE,
      client_assertion: await this.assertion(),
    });
    const answer = await fetch(found.token_endpoint, { method: 'POST', body, ...bounded() });
    const { access_token, expires_in } = tokenAnswer.parse(await jsonOf(answer));
    return { token: access_token, renewAtMs: Date.now() + expires_in * 1000 - RENEW_BEFORE_MS };
  }

  private assertion(): Promise<string> {
    const { party, issuerUrl, key, random } = this.owner;
    return new SignJWT({})
      .setProtectedHeader({ alg: 'EdDSA', kid: key.signer.kid })
      .setIssuer(party)
      .setSubject(party)
      .setAudience(issuerUrl)
      .setJti(Buffer.from(random(JTI_BYTES)).toString('base64url'))
      .setIssuedAt()
      .setExpirationTime(ASSERTION_LIFETIME)
      .sign(createPrivateKey(key.pem));
  }
}

function bounded(): { signal: AbortSignal } {
  return { signal: AbortSignal.timeout(TIMEOUT_MS) };
}

async function jsonOf(answer: Response): Promise<unknown> {
  if (answer.ok) return answer.json();
  const said = `the issuer answered ${answer.status}: ${(await answer.text()).slice(0, MAX_QUOTED_CHARACTERS)}`;
  throw answer.status < 500 ? new TokenRefused(said) : new Error(said);
}
