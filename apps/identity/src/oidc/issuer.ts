import type { JWK } from 'jose';
import Provider, {
  type AdapterFactory,
  type ClientMetadata,
  type Configuration,
  type KoaContextWithOIDC,
  type ResourceServer,
  errors,
} from 'oidc-provider';
import { isSecretOf } from './client-secret.js';

/** Lifetime of an access token. Short, since a JWT cannot be called back. */
export const ACCESS_TOKEN_SECONDS = 900;
/** `aud` of every token: all services of the platform, and nothing else. */
export const AUDIENCE = 'gridpact';
/** The resource (RFC 8707) that tokens are for when the request names none; a resource must be an absolute URI. */
export const RESOURCE = 'urn:gridpact:api';
/** Clocks of services and phones may differ by this much in assertions. */
const CLOCK_TOLERANCE_SECONDS = 15;

/** What the issuer is built from. */
export interface IssuerParts {
  /** Its URL: `iss` of every token, and where discovery answers. */
  readonly url: string;
  readonly signingKey: JWK;
  readonly adapter: AdapterFactory;
}

/**
 * The OpenID Connect issuer. Machines and registered phones get tokens by client credentials (RFC 6749 section 4.4),
 * proving themselves by secret or by a signed assertion (RFC 7523). Log-in for people is another set of features and
 * client defaults on this same provider.
 */
export function createIssuer({ url, signingKey, adapter }: IssuerParts): Provider {
  const provider = new Provider(url, { ...MACHINES, adapter, jwks: { keys: [signingKey] } });
  provider.Client.prototype.compareClientSecret = function compare(this: { clientSecret?: string }, actual: string) {
    return isSecretOf(this.clientSecret ?? '', actual);
  };
  return provider;
}

const MACHINES: Configuration = {
  clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'private_key_jwt'],
  enabledJWA: {
    clientAuthSigningAlgValues: ['EdDSA', 'ES256'],
    idTokenSigningAlgValues: ['EdDSA'],
  },
  clientDefaults: {
    grant_types: ['client_credentials'],
    response_types: [],
    redirect_uris: [],
    id_token_signed_response_alg: 'EdDSA',
  },
  extraClientMetadata: { properties: ['party', 'roles'] },
  extraTokenClaims: (_ctx, token) => ({ ...claimsOf(token.client?.metadata()) }),
  scopes: [],
  claims: {},
  responseTypes: [],
  ttl: { ClientCredentials: ACCESS_TOKEN_SECONDS },
  clockTolerance: CLOCK_TOLERANCE_SECONDS,
  routes: { token: '/oidc/token', jwks: '/oidc/jwks', authorization: '/oidc/auth' },
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: false },
    userinfo: { enabled: false },
    rpInitiatedLogout: { enabled: false },
    pushedAuthorizationRequests: { enabled: false },
    dPoP: { enabled: false },
    resourceIndicators: { enabled: true, defaultResource: () => RESOURCE, getResourceServerInfo: resourceServer },
  },
};

/** The one resource; tokens for anything else are refused as RFC 8707 section 2 says. */
function resourceServer(_ctx: KoaContextWithOIDC, resource: string): ResourceServer {
  if (resource !== RESOURCE) throw new errors.InvalidTarget(`only ${RESOURCE} is served here`);
  return {
    scope: '',
    audience: AUDIENCE,
    accessTokenFormat: 'jwt',
    accessTokenTTL: ACCESS_TOKEN_SECONDS,
    jwt: { sign: { alg: 'EdDSA' } },
  };
}

function claimsOf(metadata: ClientMetadata | undefined): { party: unknown; roles: unknown } {
  return { party: metadata?.['party'], roles: metadata?.['roles'] };
}
