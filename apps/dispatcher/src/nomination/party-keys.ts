import { partyKey, partyRole, partyId, type PublicKeyRecord, type SignedBy } from '@gridpact/statement';
import type { AccessTokens } from '@gridpact/platform/auth';
import { fetchJson } from '@gridpact/platform/http';
import { z } from 'zod';

/** A party's key as the ledger knows it. */
export type KnownKey = PublicKeyRecord & SignedBy;

/** Finds keys by thumbprint; a party unknown so far may have been registered meanwhile. */
export interface PartyKeys {
  of(kids: readonly string[]): Promise<(kid: string) => KnownKey | undefined>;
}

/** Injection token of {@link PartyKeys}. */
export const PARTY_KEYS = Symbol('party keys');

/** An unknown key makes us ask the ledger again, at most this often: nobody may make us ask with made-up keys. */
const ASK_AGAIN_AFTER_MS = 1_000;

const keysAnswer = z.object({
  keys: z.array(
    z.object({
      ...partyKey.shape,
      party: partyId,
      role: partyRole,
      untilIndex: z.int().nullish(),
    }),
  ),
});

/** Keys as the ledger's `GET /v1/keys` tells them, kept until an unknown one is asked for. Ended keys count as unknown. */
export class LedgerPartyKeys implements PartyKeys {
  private known: ReadonlyMap<string, KnownKey> = new Map();
  private askedAt = -Infinity;

  constructor(
    private readonly ledgerUrl: string,
    private readonly tokens: Pick<AccessTokens, 'token'>,
    private readonly machineNow: () => number,
  ) {}

  async of(kids: readonly string[]): Promise<(kid: string) => KnownKey | undefined> {
    const missing = kids.some((kid) => !this.known.has(kid));
    if (missing && this.machineNow() - this.askedAt >= ASK_AGAIN_AFTER_MS) await this.ask();
    const { known } = this;
    return (kid) => known.get(kid);
  }

  private async ask(): Promise<void> {
    this.askedAt = this.machineNow();
    const token = await this.tokens.token();
    const { keys } = await fetchJson(new URL('/v1/keys', this.ledgerUrl), { token, schema: keysAnswer });
    const valid = keys.filter(({ untilIndex }) => untilIndex === null || untilIndex === undefined);
    this.known = new Map(valid.map((key) => [key.kid, key]));
  }
}
