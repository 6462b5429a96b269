import { Caller } from '@gridpact/platform/auth';
import { RefusedError } from '@gridpact/platform/http';
import { leafHashHex, statementType } from '@gridpact/statement';
import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { z } from 'zod';
import type { LedgerParts } from '../ledger.js';
import { LEDGER } from '../tokens.js';
import { MAX_PAGE, StatementReader, type StatementView } from './statement-reader.js';

const listing = z.object({
  subject: z.string().min(1).max(100).optional(),
  type: statementType.optional(),
  /** Index of the last statement of the page before. */
  cursor: z
    .string()
    .regex(/^\d{1,15}$/)
    .optional(),
  limit: z.coerce.number().int().min(1).max(MAX_PAGE).default(MAX_PAGE),
});

/** Sealed statements, with bodies for those who may read them. */
@Controller('v1/statements')
export class StatementsController {
  constructor(
    private readonly reader: StatementReader,
    @Inject(LEDGER) private readonly ledger: LedgerParts,
  ) {}

  /** Sealed statements in log order; `cursor` of the answer goes on, null at the end. */
  @Get()
  async list(
    @Query({ schema: listing }) { subject, type, cursor, limit }: z.infer<typeof listing>,
    @Caller() caller: Caller,
  ): Promise<{ statements: StatementView[]; cursor: string | null }> {
    const below = this.ledger.publisher.published.size;
    const after = cursor === undefined ? -1 : Number(cursor);
    const statements = await this.reader.list({ subject, type, after, limit, below }, caller);
    const last = statements.length === limit ? statements.at(-1) : undefined;
    return { statements, cursor: last ? String(last.index) : null };
  }

  /** One statement, sealed or about to be. */
  @Get(':leafHash')
  async find(
    @Param('leafHash', { schema: leafHashHex }) leafHash: string,
    @Caller() caller: Caller,
  ): Promise<StatementView> {
    const found = await this.reader.find(leafHash, caller);
    if (!found) throw new RefusedError({ code: 'unknown_statement', detail: `the log has no ${leafHash}` }, 404);
    return found;
  }
}
