import { formatInstant } from '@gridpact/kernel';
import { BUSINESS_CLOCK } from '@gridpact/platform/app';
import { Caller, Roles } from '@gridpact/platform/auth';
import type { BusinessClock } from '@gridpact/platform/clock';
import { granted } from '@gridpact/platform/http';
import { nomination } from '@gridpact/statement';
import { Body, Controller, Get, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { z } from 'zod';
import { STATUS } from '../http/refusal-status.js';
import { tenantOf } from '../http/tenant.js';
import { Signers } from '../parties/signers.js';
import type { NominationRow } from './nomination.entity.js';
import { type Nominated, NominationsService } from './nominations.service.js';

const newNomination = z.strictObject({ blocks: nomination.shape.blocks });

/** A nomination as staff see it. */
interface NominationView {
  readonly nomination: string;
  readonly blocks: NominationRow['body']['blocks'];
  readonly committedAt: string;
  readonly decision: 'waiting' | 'accepted' | 'refused';
  /** base64 of the dispatcher's promise; null unless accepted. */
  readonly promise: string | null;
  readonly refusal: { readonly code: string; readonly detail: string } | null;
  /** Leaf hash of `nomination.revealed`; null before the gate. */
  readonly revealed: string | null;
}

/** An aggregator's nominations. */
@Controller('v1/events/:event/nominations')
@Roles('aggregator')
export class NominationsController {
  constructor(
    private readonly nominations: NominationsService,
    private readonly signers: Signers,
    @Inject(BUSINESS_CLOCK) private readonly clock: BusinessClock,
  ) {}

  @Post()
  @HttpCode(202)
  async nominate(
    @Param('event') event: string,
    @Body({ schema: newNomination }) { blocks }: z.infer<typeof newNomination>,
    @Caller() caller: Caller,
  ): Promise<Nominated> {
    const tenant = tenantOf(this.signers, caller);
    return granted(await this.nominations.nominate(tenant, event, blocks, this.clock.now()), STATUS);
  }

  @Get()
  async list(@Param('event') event: string, @Caller() caller: Caller): Promise<{ items: NominationView[] }> {
    const found = await this.nominations.list(tenantOf(this.signers, caller), event);
    return { items: found.map(viewOf) };
  }
}

function viewOf({
  statement,
  body,
  committedAt,
  accepted,
  promise,
  refusalCode,
  ...rest
}: NominationRow): NominationView {
  return {
    nomination: statement,
    blocks: body.blocks,
    committedAt: formatInstant(committedAt),
    decision: accepted === null ? 'waiting' : accepted ? 'accepted' : 'refused',
    promise,
    refusal: refusalCode === null ? null : { code: refusalCode, detail: rest.refusalDetail ?? '' },
    revealed: rest.revealed,
  };
}
