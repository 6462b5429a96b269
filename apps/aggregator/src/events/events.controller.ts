import { Caller, Roles } from '@gridpact/platform/auth';
import { granted } from '@gridpact/platform/http';
import { Controller, Get, Param } from '@nestjs/common';
import { STATUS } from '../http/refusal-status.js';
import { tenantOf } from '../http/tenant.js';
import { Signers } from '../parties/signers.js';
import { type EventSiteView, type EventView, EventsService } from './events.service.js';

/** An aggregator's part in events. */
@Controller('v1/events')
@Roles('aggregator')
export class EventsController {
  constructor(
    private readonly events: EventsService,
    private readonly signers: Signers,
  ) {}

  @Get(':event')
  async event(@Param('event') event: string, @Caller() caller: Caller): Promise<EventView> {
    return granted(await this.events.event(tenantOf(this.signers, caller), event), STATUS);
  }

  @Get(':event/sites')
  async sites(@Param('event') event: string, @Caller() caller: Caller): Promise<{ items: readonly EventSiteView[] }> {
    return { items: granted(await this.events.sites(tenantOf(this.signers, caller), event), STATUS) };
  }
}
