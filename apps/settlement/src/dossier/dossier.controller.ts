import { objectId } from '@gridpact/contracts';
import { Caller, Roles } from '@gridpact/platform/auth';
import { granted } from '@gridpact/platform/http';
import { Controller, Get, Headers, Param, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { Holder } from './cut.js';
import { type DossierRefusal, DossierService } from './dossier.service.js';

/** After which a dossier that is not sealed yet is worth asking for again, seconds. */
const RETRY_AFTER_S = 2;

const STATUS: Readonly<Record<DossierRefusal, number>> = {
  unknown_event: 404,
  not_settled: 409,
  not_sealed_yet: 409,
  evidence_broken: 500,
  bundle_mismatch: 409,
};

/** Dossiers: what proves a settlement offline, cut for whoever asks. */
@Controller('v1/events/:event/dossier')
export class DossierController {
  constructor(private readonly service: DossierService) {}

  @Get()
  @Roles('operator', 'regulator', 'aggregator', 'user')
  async dossier(
    @Param('event', { schema: objectId }) event: string,
    @Caller() caller: Caller,
    @Headers('authorization') authorization: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const holder = holderOf(caller);
    const made = await this.service.dossier(event, holder, authorization.replace(/^Bearer /, ''));
    if (!made.ok && STATUS[made.refusal.code] === 409) void reply.header('retry-after', String(RETRY_AFTER_S));
    const text = granted(made, STATUS);
    void reply.header('content-type', 'text/plain; charset=utf-8');
    void reply.header('content-disposition', `attachment; filename="${event}.${holder.party}.dossier"`);
    return text;
  }
}

function holderOf({ party, roles }: Caller): Holder {
  if (roles.includes('regulator')) return { party, role: 'regulator' };
  if (roles.includes('operator')) return { party, role: 'power-company' };
  return { party, role: roles.includes('aggregator') ? 'aggregator' : 'user' };
}
