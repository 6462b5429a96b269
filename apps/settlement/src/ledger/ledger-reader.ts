import { base64Text, opening } from '@gridpact/contracts';
import type { HandedStatement } from '@gridpact/dossier';
import { AccessTokens } from '@gridpact/platform/auth';
import { fetchJson, ProblemError } from '@gridpact/platform/http';
import { leafHashHex, partyKey, partyRole, statementType, type StatementType } from '@gridpact/statement';
import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';
import { mapBounded } from '../bounded.js';
import { SETTLEMENT_CONFIG, type SettlementConfig } from '../config.js';

/** Requests to the ledger under way at once. */
const PARALLEL = 8;
const TEXT_TIMEOUT_MS = 10_000;
/** Pages of one listing at most: 200 statements each. */
const MAX_PAGES = 500;

const view = z.object({
  statement: leafHashHex,
  index: z.int().min(0),
  type: statementType,
  subject: z.string(),
  entry: base64Text,
  opening: opening.optional(),
  promise: base64Text.optional(),
});
const page = z.object({ statements: z.array(view), cursor: z.string().nullable() });
const knownKeys = z.object({
  keys: z.array(z.object({ ...partyKey.shape, party: z.string(), role: partyRole, untilIndex: z.int().nullable() })),
});

/** A sealed statement as the ledger hands it to one reader. */
export type LedgerStatement = HandedStatement & z.infer<typeof view>;
/** A key of the log, with the party that it speaks for. */
export type KnownKey = z.infer<typeof knownKeys>['keys'][number];

/** Reads the log over HTTP, as this service or as the caller whose token is given. */
@Injectable()
export class LedgerReader {
  constructor(
    @Inject(SETTLEMENT_CONFIG) private readonly config: SettlementConfig,
    private readonly tokens: AccessTokens,
  ) {}

  /** All sealed statements about a subject, or of a type, in log order. */
  async list(filter: { subject?: string; type?: StatementType }, token?: string): Promise<LedgerStatement[]> {
    const found: LedgerStatement[] = [];
    let cursor: string | null = null;
    for (let pages = 0; pages < MAX_PAGES; pages += 1) {
      const url = this.at('/v1/statements');
      const query = { ...filter, ...(cursor === null ? {} : { cursor }) };
      for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
      const answer: z.infer<typeof page> = await fetchJson(url, { token: await this.as(token), schema: page });
      found.push(...answer.statements);
      cursor = answer.cursor;
      if (cursor === null) return found;
    }
    throw new RangeError(`the ledger has more than ${MAX_PAGES} pages of ${JSON.stringify(filter)}`);
  }

  /** Statements by leaf hash. Throws a ProblemError for one that the ledger does not have. */
  async all(leafHashes: readonly string[], token?: string): Promise<LedgerStatement[]> {
    return mapBounded(leafHashes, PARALLEL, async (leaf) =>
      fetchJson(this.at(`/v1/statements/${leaf}`), { token: await this.as(token), schema: view }),
    );
  }

  /** Receipts (tlog-proof text) by leaf hash; undefined when one of them is not sealed. */
  async receipts(leafHashes: readonly string[]): Promise<Map<string, string> | undefined> {
    const texts = await mapBounded(leafHashes, PARALLEL, (leaf) => this.receipt(leaf));
    const found = new Map<string, string>();
    for (const [at, text] of texts.entries()) {
      if (text === undefined) return undefined;
      found.set(leafHashes[at] ?? '', text);
    }
    return found;
  }

  /** The witness policy (tlog-policy text). */
  policy(): Promise<string> {
    return this.text('/v1/policy');
  }

  /** Keys that are valid now, by thumbprint. */
  async keys(): Promise<(kid: string) => KnownKey | undefined> {
    const { keys } = await fetchJson(this.at('/v1/keys'), { schema: knownKeys });
    const valid = new Map(keys.filter(({ untilIndex }) => untilIndex === null).map((key) => [key.kid, key]));
    return (kid) => valid.get(kid);
  }

  private async receipt(leaf: string): Promise<string | undefined> {
    try {
      return await this.text(`/v1/receipts/${leaf}`);
    } catch (error) {
      if (error instanceof ProblemError && error.status === 404) return undefined;
      throw error;
    }
  }

  private async text(path: string): Promise<string> {
    const url = this.at(path);
    const answer = await fetch(url, { signal: AbortSignal.timeout(TEXT_TIMEOUT_MS) });
    const text = await answer.text();
    if (!answer.ok) throw new ProblemError(answer.status, `http_${answer.status}`, text.slice(0, 300), url.href);
    return text;
  }

  private as(token: string | undefined): Promise<string> {
    return token === undefined ? this.tokens.token() : Promise.resolve(token);
  }

  private at(path: string): URL {
    return new URL(path, this.config.GRIDPACT_LEDGER_URL);
  }
}
