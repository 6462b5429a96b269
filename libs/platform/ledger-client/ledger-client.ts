import { opening, receipt, base64Text, type Receipt, type Submission } from '@gridpact/contracts';
import { leafHashHex, statementType, type StatementType } from '@gridpact/statement';
import { z } from 'zod';
import type { AccessTokens } from '../auth/index.js';
import { fetchJson, ProblemError } from '../http/fetch-json.js';

const SUBMIT_TIMEOUT_MS = 15_000;

const submitted = z.object({ statement: leafHashHex });

/** One page of sealed statements; `opening` is there for those whose body this caller may read. */
export const statementPage = z.object({
  statements: z.array(
    z.object({
      statement: leafHashHex,
      index: z.int().min(0),
      type: statementType,
      subject: z.string(),
      entry: base64Text,
      opening: opening.optional(),
    }),
  ),
  /** Give it to the next call; null at the end. */
  cursor: z.string().nullable(),
});
export type StatementPage = z.infer<typeof statementPage>;

/** Which statements to read, in log order. */
export interface StatementQuery {
  readonly subject?: string;
  readonly type?: StatementType;
  readonly cursor?: string;
}

/** The ledger over HTTP, with this service's own token. */
export class LedgerClient {
  constructor(
    private readonly url: string,
    private readonly tokens: Pick<AccessTokens, 'token'>,
  ) {}

  /** `POST /v1/statements`: hands a statement over outside Kafka; gives its leaf hash, or throws the ledger's problem. */
  async submit(submission: Submission): Promise<string> {
    const { statement } = await fetchJson(this.at('/v1/statements'), {
      body: submission,
      token: await this.tokens.token(),
      schema: submitted,
      timeoutMs: SUBMIT_TIMEOUT_MS,
    });
    return statement;
  }

  /** `GET /v1/statements/{leafHash}/receipt`: the receipt, or undefined while the statement is not sealed. */
  async receipt(leafHash: string): Promise<Receipt | undefined> {
    try {
      return await fetchJson(this.at(`/v1/statements/${encodeURIComponent(leafHash)}/receipt`), {
        token: await this.tokens.token(),
        schema: receipt,
      });
    } catch (error) {
      if (error instanceof ProblemError && error.status === 404) return undefined;
      throw error;
    }
  }

  /** `GET /v1/statements?subject=&type=&cursor=`: one page of sealed statements in log order. */
  async statements(query: StatementQuery): Promise<StatementPage> {
    const url = this.at('/v1/statements');
    for (const [name, value] of Object.entries<string>({ ...query })) url.searchParams.set(name, value);
    return fetchJson(url, { token: await this.tokens.token(), schema: statementPage });
  }

  private at(path: string): URL {
    return new URL(path, this.url);
  }
}
