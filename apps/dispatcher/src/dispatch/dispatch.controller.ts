import { Controller, Get, Param } from '@nestjs/common';
import { Caller, Roles } from '@gridpact/platform/auth';
import { DataSource } from 'typeorm';
import { openId } from '../program/program.schema.js';
import { ownOrAll } from '../whose.js';
import { dispatchesOf, type SentDispatch } from './dispatch-store.js';

/** What was sent at an event's start, with the paths that prove it; everyone sees its own. */
@Controller('v1/events/:id/dispatches')
export class DispatchController {
  constructor(private readonly dataSource: DataSource) {}

  @Get()
  @Roles('operator', 'regulator', 'service', 'aggregator', 'device')
  async list(
    @Param('id', { schema: openId }) id: string,
    @Caller() caller: Caller,
  ): Promise<{ dispatches: SentDispatch[] }> {
    return { dispatches: await dispatchesOf(this.dataSource, id, ownOrAll(caller)) };
  }
}
