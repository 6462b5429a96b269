import { suiteName, type PublicJwk, type Signer, type SuiteName } from '@gridpact/statement';
import { z } from 'zod';
import { fetchJson } from '../http/fetch-json.js';

/** A party's signer is on the same machine or network; it must answer within this. */
const SIGN_TIMEOUT_MS = 5_000;

/** Where a party's signer is, the token it accepts, and which of the party's keys is asked for. */
export interface RemoteSignerAddress {
  readonly url: string;
  readonly token: string;
  /** Use of the key at its party: `operator`, `approver`, `statements` or `regulator`. */
  readonly key: string;
}

/** Answer of `GET /v1/keys`. */
export const signerKeys = z.array(
  z.object({ use: z.string(), kid: z.string(), suite: suiteName, jwk: z.record(z.string(), z.string()) }),
);

/** Answer of `POST /v1/signatures`. */
export const signatureAnswer = z.object({ kid: z.string(), signature: z.base64url() });

/** A key that its party alone holds: each signature is asked of the party's signer, which may refuse. */
export class RemoteSigner implements Signer {
  constructor(
    private readonly address: RemoteSignerAddress,
    readonly kid: string,
    readonly suite: SuiteName,
    readonly jwk: PublicJwk,
  ) {}

  /** Throws a ProblemError with the signer's own code when it refuses. */
  async sign(message: Uint8Array): Promise<Uint8Array> {
    const { signature } = await fetchJson(signerUrl(this.address, 'signatures'), {
      body: { use: this.address.key, signingInput: Buffer.from(message).toString('base64url') },
      token: this.address.token,
      schema: signatureAnswer,
      timeoutMs: SIGN_TIMEOUT_MS,
    });
    return new Uint8Array(Buffer.from(signature, 'base64url'));
  }
}

/** Asks a party's signer for its public keys, and gives a signer of the one of that use; throws when there is none. */
export async function remoteSigner(address: RemoteSignerAddress): Promise<RemoteSigner> {
  const keys = await fetchJson(signerUrl(address, 'keys'), {
    token: address.token,
    schema: signerKeys,
    timeoutMs: SIGN_TIMEOUT_MS,
  });
  const found = keys.find(({ use }) => use === address.key);
  if (!found) throw new Error(`the signer at ${address.url} has no key for ${address.key}`);
  return new RemoteSigner(address, found.kid, found.suite, found.jwk);
}

function signerUrl({ url }: RemoteSignerAddress, resource: 'keys' | 'signatures'): string {
  return `${url.replace(/\/$/, '')}/v1/${resource}`;
}
