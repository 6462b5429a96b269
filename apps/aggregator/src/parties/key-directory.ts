import { setTimeout as delay } from 'node:timers/promises';
import { type Refusal, type Result, ok, refuse } from '@gridpact/kernel';
import { MACHINE_CLOCK } from '@gridpact/platform/app';
import { AccessTokens } from '@gridpact/platform/auth';
import type { MachineClock } from '@gridpact/platform/clock';
import { fetchJson } from '@gridpact/platform/http';
import {
  type PublicKeyRecord,
  type SignatureRefusal,
  type Statement,
  partyKey,
  verifySignatures,
} from '@gridpact/statement';
import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';
import { AGGREGATOR_CONFIG, type AggregatorConfig } from '../config.js';

/** Pause between two fetches of the keys, however many unknown ones are named. */
const MIN_REFRESH_MS = 250;
/** Keys older than this are fetched again at the next signature, so that revocations become known. */
const MAX_AGE_MS = 30_000;

const keysAnswer = z.object({
  keys: z.array(z.object({ ...partyKey.shape, party: z.string(), untilIndex: z.int().nullable().default(null) })),
});

interface KnownKey extends PublicKeyRecord {
  readonly party: string;
}

/** Why a statement is not by the party that sends it. */
export type VerifyRefusal = SignatureRefusal | 'foreign_statement';

/** Why a statement was not signed by `party` and nobody else; undefined when it was. */
export function notSignedBy(
  signers: Result<readonly string[], SignatureRefusal>,
  party: string,
): Refusal<VerifyRefusal> | undefined {
  if (!signers.ok) return signers.refusal;
  const foreign = signers.value.find((signer) => signer !== party);
  return foreign ? refuse('foreign_statement', `${foreign} signed it, but ${party} sends it`).refusal : undefined;
}

/** The keys that the log knows, cached; an unknown key makes it ask the ledger once more. */
@Injectable()
export class KeyDirectory {
  private keys: ReadonlyMap<string, KnownKey> = new Map();
  private refreshedAt = 0;
  private current: Promise<void> = Promise.resolve();
  private next: Promise<void> | undefined;

  constructor(
    @Inject(AGGREGATOR_CONFIG) private readonly config: AggregatorConfig,
    private readonly tokens: AccessTokens,
    @Inject(MACHINE_CLOCK) private readonly clock: MachineClock,
  ) {}

  /**
   * Parties whose valid keys signed a statement, every signature checked. Known keys are enough while the ledger is
   * away, so that its absence costs nobody a deadline; the ledger itself judges a revoked key by log order.
   */
  async signersOf(statement: Statement): Promise<Result<readonly string[], SignatureRefusal>> {
    const renewal = this.isStale() ? this.refresh() : undefined;
    renewal?.catch(() => undefined);
    if (statement.signatures.some(({ kid }) => !this.keys.has(kid))) await (renewal ?? this.refresh());
    const verified = verifySignatures(statement, (kid) => this.keys.get(kid));
    if (verified.ok) return ok(verified.value.map(({ party }) => party));
    return verified.refusal.code === 'unknown_key' ? notYetKnown(verified.refusal.detail) : verified;
  }

  private isStale(): boolean {
    return this.clock.now() - this.refreshedAt > MAX_AGE_MS;
  }

  /**
   * A fetch that begins after this call, so that it knows every key that the ledger knew at the call. Whoever comes
   * while one waits for its turn shares it.
   */
  private refresh(): Promise<void> {
    this.next ??= this.takeTurn(this.current);
    return this.next;
  }

  private async takeTurn(before: Promise<void>): Promise<void> {
    await before.catch(() => undefined);
    await delay(Math.max(0, this.refreshedAt + MIN_REFRESH_MS - this.clock.now()));
    this.next = undefined;
    this.current = this.fetch();
    await this.current;
  }

  private async fetch(): Promise<void> {
    const url = new URL('/v1/keys', this.config.GRIDPACT_LEDGER_URL);
    const answer = await fetchJson(url, { token: await this.tokens.token(), schema: keysAnswer });
    const valid = answer.keys.filter(({ untilIndex }) => untilIndex === null);
    // A record that stays is kept as it is: its parsed key is cached by identity.
    this.keys = new Map(valid.map((key) => [key.kid, this.keys.get(key.kid) ?? key]));
    this.refreshedAt = this.clock.now();
  }
}

function notYetKnown(detail: string): Result<never, 'unknown_key'> {
  return refuse('unknown_key', `${detail}; if it was registered just now, try again in a second`);
}
