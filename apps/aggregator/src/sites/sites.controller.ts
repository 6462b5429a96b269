import { Caller, Roles } from '@gridpact/platform/auth';
import { PROBLEM_MEDIA_TYPE, type Problem, problemOf } from '@gridpact/platform/http';
import { Body, Controller, Get, HttpCode, Post, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { tenantOf } from '../http/tenant.js';
import { Signers } from '../parties/signers.js';
import { type NewSite, type RowError, newSites } from './site-rows.js';
import type { ListedSite } from './site-store.js';
import { type EnrolledSite, MAX_PAGE, SitesService } from './sites.service.js';

const DEFAULT_PAGE = 100;
const page = z.object({
  /** Site id after which the page begins. */
  cursor: z.string().max(100).default(''),
  limit: z.coerce.number().int().min(1).max(MAX_PAGE).default(DEFAULT_PAGE),
});

/** An aggregator's sites and their enrolment. */
@Controller('v1/sites')
@Roles('aggregator')
export class SitesController {
  constructor(
    private readonly sites: SitesService,
    private readonly signers: Signers,
  ) {}

  @Post()
  @HttpCode(201)
  async enrol(
    @Body({ schema: newSites }) rows: NewSite[],
    @Caller() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<{ items: readonly EnrolledSite[] } | Problem> {
    const outcome = await this.sites.enrol(tenantOf(this.signers, caller), rows);
    if (outcome.ok) return { items: outcome.value };
    void reply.status(422).header('content-type', PROBLEM_MEDIA_TYPE);
    return rowsProblem(outcome.rows);
  }

  @Get()
  list(
    @Query({ schema: page }) { cursor, limit }: z.infer<typeof page>,
    @Caller() caller: Caller,
  ): Promise<{ items: ListedSite[]; next: string | null }> {
    return this.sites.list(tenantOf(this.signers, caller), cursor, limit);
  }
}

/** One problem for all bad rows; each issue's path is the row's place in the request. */
function rowsProblem(rows: readonly RowError[]): Problem {
  const issues = rows.map(({ row, site, code, detail }) => ({
    path: `${row}`,
    message: `${site}: ${code}: ${detail}`,
  }));
  return problemOf(422, 'rows_refused', `${rows.length} rows are refused, so nothing was enrolled`, { issues });
}
