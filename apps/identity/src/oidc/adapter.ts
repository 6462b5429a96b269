import { type Adapter, type AdapterFactory, type AdapterPayload, errors } from 'oidc-provider';
import type { OauthClient } from './client.js';

/** Where clients are looked up. */
export interface Clients {
  find(id: string): Promise<OauthClient | undefined>;
}

/** Where used assertions are remembered; `spend` must grant an id once however many ask at the same time. */
export interface Assertions {
  isSpent(id: string): Promise<boolean>;
  spend(id: string, lifetimeSeconds: number): Promise<boolean>;
}

/** The provider always says how long; without it nothing would ever be forgotten. */
const LONGEST_ASSERTION_SECONDS = 86_400;

/**
 * Where the provider keeps its models. Clients and spent assertions live in PostgreSQL; access tokens are JWTs and are
 * kept nowhere. Models of log-in (sessions, codes, grants) join here with it; until then they refuse to be stored.
 */
export function adapterFactory(clients: Clients, assertions: Assertions): AdapterFactory {
  return (model) => {
    if (model === 'Client') return { ...storesNothing(model), find: (id) => findClient(clients, id) };
    if (model === 'ReplayDetection') return replayAdapter(assertions);
    return storesNothing(model);
  };
}

async function findClient(clients: Clients, id: string): Promise<AdapterPayload | undefined> {
  const client = await clients.find(id);
  return client && metadataOf(client);
}

/** A client in the provider's terms; `client_secret` holds the secret's hash, see `compareClientSecret` in issuer.ts. */
function metadataOf({ id, party, roles, proof }: OauthClient): AdapterPayload {
  const common = { client_id: id, party, roles: [...roles] };
  if (proof.kind === 'secret') {
    return { ...common, client_secret: proof.secretSha256, token_endpoint_auth_method: 'client_secret_basic' };
  }
  return {
    ...common,
    token_endpoint_auth_method: 'private_key_jwt',
    token_endpoint_auth_signing_alg: proof.alg,
    jwks: { keys: [{ ...proof.jwk, use: 'sig', alg: proof.alg }] },
  };
}

function replayAdapter(assertions: Assertions): Adapter {
  return {
    ...storesNothing('ReplayDetection'),
    find: async (id) => ((await assertions.isSpent(id)) ? { jti: id } : undefined),
    upsert: async (id, _payload, expiresIn = LONGEST_ASSERTION_SECONDS) => {
      const first = await assertions.spend(id, expiresIn);
      if (!first) throw new errors.InvalidClient('client assertion tokens must only be used once');
    },
  };
}

function storesNothing(model: string): Adapter {
  const refused = async (): Promise<never> => {
    throw new Error(`${model} is not stored by this issuer`);
  };
  const nothing = async (): Promise<undefined> => undefined;
  return {
    find: nothing,
    findByUid: nothing,
    findByUserCode: nothing,
    upsert: refused,
    consume: refused,
    destroy: refused,
    revokeByGrantId: refused,
  };
}
