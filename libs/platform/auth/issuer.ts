import { createRemoteJWKSet, jwtVerify, type JWTPayload, type JWTVerifyGetKey } from 'jose';
import { z } from 'zod';
import { fetchJson } from '../http/fetch-json.js';

/** Audience of every access token of the platform. */
const AUDIENCE = 'gridpact';
const ALGORITHMS = ['EdDSA', 'Ed25519', 'ES256', 'RS256'];
/** Difference between the issuer's clock and ours that is let pass. */
const CLOCK_TOLERANCE_S = 5;
const DISCOVERY_TIMEOUT_MS = 5_000;

const discovery = z.looseObject({ issuer: z.string(), jwks_uri: z.url(), token_endpoint: z.url() });

/** What an OpenID Connect issuer says of itself (Discovery 1.0, section 3); the members that we use. */
export type IssuerMetadata = z.infer<typeof discovery>;

/** Checks an access token and gives its claims; throws when it is not valid here and now. */
export interface TokenVerifier {
  verify(token: string): Promise<JWTPayload>;
}

/** An OpenID Connect issuer: its metadata and keys, fetched at first need and cached; a failed fetch is not. */
export class IssuerKeys implements TokenVerifier {
  private found: Promise<IssuerMetadata> | undefined;
  private keys: JWTVerifyGetKey | undefined;

  constructor(private readonly issuer: string) {}

  /** Verifies signature, issuer, audience, expiry (RFC 9068 section 4, with RFC 7519). */
  async verify(token: string): Promise<JWTPayload> {
    const { jwks_uri } = await this.metadata();
    this.keys ??= createRemoteJWKSet(new URL(jwks_uri), { timeoutDuration: DISCOVERY_TIMEOUT_MS });
    const { payload } = await jwtVerify(token, this.keys, {
      issuer: this.issuer,
      audience: AUDIENCE,
      algorithms: ALGORITHMS,
      clockTolerance: CLOCK_TOLERANCE_S,
      requiredClaims: ['sub', 'exp'],
    });
    return payload;
  }

  metadata(): Promise<IssuerMetadata> {
    this.found ??= this.discover().catch((error: unknown) => {
      this.found = undefined;
      throw error;
    });
    return this.found;
  }

  private async discover(): Promise<IssuerMetadata> {
    const url = `${this.issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
    const metadata = await fetchJson(url, { schema: discovery, timeoutMs: DISCOVERY_TIMEOUT_MS });
    if (metadata.issuer !== this.issuer) throw new Error(`${url} speaks for ${metadata.issuer}, not ${this.issuer}`);
    return metadata;
  }
}
