import { suiteName, type PublicJwk, type Signer, type SuiteName } from '@gridpact/statement';
import { z } from 'zod';
import { fetchJson } from '../http/fetch-json.js';

/** A party's signer is on the same machine or network; it must answer within this. */
const SIGN_TIMEOUT_MS = 5_000;

/** Where a party's signer is, the token it accepts, and which of the party's keys is asked for. */
export interface RemoteSignerAddress {
  readonly url: string;
  readonly token: string;
  /** Name of the key at its party, such as `operator`, `approver`, `aggregator`. */
  readonly key: string;
}

/** Answer of `GET /v1/keys/{key}`. */
export const signerKey = z.object({ kid: z.string(), suite: suiteName, publicKey: z.record(z.string(), z.string()) });

/** Answer of `POST /v1/keys/{key}/signatures`. */
export const signatureAnswer = z.object({ signature: z.base64url() });

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
    const { signature } = await fetchJson(`${keyUrl(this.address)}/signatures`, {
      body: { message: Buffer.from(message).toString('base64url') },
      token: this.address.token,
      schema: signatureAnswer,
      timeoutMs: SIGN_TIMEOUT_MS,
    });
    return new Uint8Array(Buffer.from(signature, 'base64url'));
  }
}

/** Asks a party's signer for its public key, and gives a signer of it. */
export async function remoteSigner(address: RemoteSignerAddress): Promise<RemoteSigner> {
  const found = await fetchJson(keyUrl(address), {
    token: address.token,
    schema: signerKey,
    timeoutMs: SIGN_TIMEOUT_MS,
  });
  return new RemoteSigner(address, found.kid, found.suite, found.publicKey);
}

function keyUrl({ url, key }: RemoteSignerAddress): string {
  return `${url.replace(/\/$/, '')}/v1/keys/${encodeURIComponent(key)}`;
}
