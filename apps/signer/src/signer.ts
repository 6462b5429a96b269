import { type MachineInstant, type Result, ok, refuse } from '@gridpact/kernel';
import type { KeySigner, Opening, PublicJwk, SuiteName } from '@gridpact/statement';
import type { Audit } from './audit.js';
import { isKeyUse, judge, type KeyUse, type SigningRefusal } from './signing-rules.js';

/** A public key of the party, as `GET /v1/keys` lists it. */
export interface PublishedKey {
  readonly use: KeyUse;
  readonly kid: string;
  readonly suite: SuiteName;
  readonly jwk: PublicJwk;
}

/** A signature and the key that made it. */
export interface Signed {
  readonly kid: string;
  readonly signature: Uint8Array;
}

/** What is to be signed, by which key; `opening` shows a sealed body where the rules must see it. */
export interface SigningRequest {
  readonly use: string;
  readonly signingInput: Uint8Array;
  readonly opening: Opening | undefined;
}

/** What a party's signer is made of. */
export interface PartySignerParts {
  readonly party: string;
  readonly production: boolean;
  readonly keys: ReadonlyMap<KeyUse, KeySigner>;
  readonly audit: Audit;
  readonly now: () => MachineInstant;
}

/** One party's keys behind its own rules: whoever holds the token can have signed only what the party may say. */
export class PartySigner {
  constructor(private readonly parts: PartySignerParts) {}

  /** The public keys, to be named in the log. */
  keys(): readonly PublishedKey[] {
    return [...this.parts.keys].map(([use, { kid, suite, jwk }]) => ({ use, kid, suite, jwk }));
  }

  /** Judges, records, signs, in that order. */
  async sign({ use, signingInput, opening }: SigningRequest): Promise<Result<Signed, SigningRefusal | 'unknown_use'>> {
    const { party, production, audit, now } = this.parts;
    const key = isKeyUse(use) ? this.parts.keys.get(use) : undefined;
    if (!key || !isKeyUse(use)) return refuse('unknown_use', `this signer has no key for ${use}`);
    const judged = judge(signingInput, { party, use, kid: key.kid, production }, opening);
    if (!judged.ok) return judged;
    await audit.record({ at: now(), kid: key.kid, type: judged.value.type, signingInput });
    return ok({ kid: key.kid, signature: await key.sign(signingInput) });
  }
}
