import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { formatInstant, ok, refuse } from '@gridpact/kernel';
import { BUSINESS_CLOCK } from '@gridpact/platform/app';
import { Roles } from '@gridpact/platform/auth';
import type { BusinessClock } from '@gridpact/platform/clock';
import { granted, Idempotent } from '@gridpact/platform/http';
import { page, type Page } from '../page.js';
import { openId } from '../program/program.schema.js';
import { EventFigures, type IntervalFigures } from './event-figures.js';
import { EventReader } from './event-reader.js';
import { cancellation, newEvent, type Cancellation, type NewEvent } from './event.schema.js';
import { EventService, type AnnouncementRefusalCode } from './event.service.js';
import { eventMessage, type StoredEvent } from './stored-event.js';

const ANNOUNCE_STATUS: Readonly<Record<AnnouncementRefusalCode, number>> = {
  unknown_program: 422,
  unsupported_response: 422,
  event_exists: 409,
  intervals_empty: 422,
  interval_empty: 422,
  interval_off_grid: 422,
  intervals_disordered: 422,
  need_zero: 422,
  deadlines_disordered: 422,
  gate_already_closed: 422,
  notice_too_short: 422,
  price_cap_above_program: 422,
};
const CANCEL_STATUS = { unknown_event: 404, wrong_state: 409, too_early: 409, run_not_newer: 409 } as const;

type EventView = ReturnType<typeof viewOf>;

/** DR events; what was announced is open to all parties, and so are the sums over them. */
@Controller('v1/events')
export class EventController {
  constructor(
    private readonly service: EventService,
    private readonly reader: EventReader,
    private readonly figures: EventFigures,
    @Inject(BUSINESS_CLOCK) private readonly clock: BusinessClock,
  ) {}

  @Post()
  @HttpCode(201)
  @Roles('operator')
  @Idempotent()
  async announce(@Body({ schema: newEvent }) body: NewEvent): Promise<EventView> {
    return viewOf(granted(await this.service.announce(body, this.clock.now()), ANNOUNCE_STATUS));
  }

  @Get()
  @Roles('operator', 'approver', 'aggregator', 'regulator', 'service')
  async list(@Query({ schema: page }) { skip, limit }: Page): Promise<{ events: EventView[] }> {
    return { events: (await this.reader.page(skip, limit)).map(viewOf) };
  }

  @Get(':id')
  @Roles('operator', 'approver', 'aggregator', 'regulator', 'service')
  async one(@Param('id', { schema: openId }) id: string): Promise<EventView & { figures: IntervalFigures[] }> {
    const found = await this.reader.byId(id);
    const outcome = found ? ok(found) : refuse('unknown_event', `no event is named ${id}`);
    const stored = granted(outcome, { unknown_event: 404 });
    return { ...viewOf(stored), figures: await this.figures.of(stored) };
  }

  @Post(':id/cancel')
  @HttpCode(200)
  @Roles('operator')
  @Idempotent()
  async cancel(
    @Param('id', { schema: openId }) id: string,
    @Body({ schema: cancellation }) { reason }: Cancellation,
  ): Promise<EventView> {
    return viewOf(granted(await this.service.cancel(id, reason, this.clock.now()), CANCEL_STATUS));
  }
}

function viewOf(stored: StoredEvent) {
  const { event } = stored;
  return {
    ...eventMessage(stored),
    announcedAt: formatInstant(stored.announcedAt),
    cancelled: event.state === 'cancelled' ? { from: event.from, reason: event.reason } : null,
    run: event.state === 'settled' ? event.run : null,
  };
}
