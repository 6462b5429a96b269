import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { formatInstant, ok, refuse } from '@gridpact/kernel';
import { BUSINESS_CLOCK } from '@gridpact/platform/app';
import { Roles } from '@gridpact/platform/auth';
import type { BusinessClock } from '@gridpact/platform/clock';
import { granted, Idempotent } from '@gridpact/platform/http';
import { DataSource } from 'typeorm';
import { page, type Page } from '../page.js';
import { newProgram, openId, type NewProgram } from './program.schema.js';
import { ProgramService, type ProgramRefusalCode } from './program.service.js';
import { ProgramStore, type Program } from './program-store.js';

const STATUS: Readonly<Record<ProgramRefusalCode, number>> = {
  bundle_mismatch: 422,
  program_exists: 409,
  tiers_not_from_zero: 422,
  tier_empty: 422,
  tier_gap: 422,
  tier_overlap: 422,
  tier_after_open_end: 422,
  last_tier_closed: 422,
  floor_above_cap: 422,
  cap_ratio_below_one: 422,
  bad_zone: 422,
  baseline_method_repeats: 422,
  bad_date: 422,
  effective_dates_reversed: 422,
  calendar_contradiction: 422,
};

type ProgramView = Omit<Program, 'publishedAt'> & { readonly publishedAt: string };

/** Programs and their rules, which are open to all parties. */
@Controller('v1/programs')
export class ProgramController {
  constructor(
    private readonly service: ProgramService,
    private readonly programs: ProgramStore,
    private readonly dataSource: DataSource,
    @Inject(BUSINESS_CLOCK) private readonly clock: BusinessClock,
  ) {}

  @Post()
  @HttpCode(201)
  @Roles('operator')
  @Idempotent()
  async publish(@Body({ schema: newProgram }) body: NewProgram): Promise<ProgramView> {
    return viewOf(granted(await this.service.publish(body, this.clock.now()), STATUS));
  }

  @Get()
  async list(@Query({ schema: page }) { skip, limit }: Page): Promise<{ programs: ProgramView[] }> {
    return { programs: (await this.programs.page(this.dataSource, skip, limit)).map(viewOf) };
  }

  @Get(':id')
  async one(@Param('id', { schema: openId }) id: string): Promise<ProgramView> {
    const found = await this.programs.byId(this.dataSource, id);
    const outcome = found ? ok(found) : refuse('unknown_program', `no program is named ${id}`);
    return viewOf(granted(outcome, { unknown_program: 404 }));
  }
}

function viewOf(program: Program): ProgramView {
  return { ...program, publishedAt: formatInstant(program.publishedAt) };
}
