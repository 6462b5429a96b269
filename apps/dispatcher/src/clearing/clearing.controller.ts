import { Controller, Get, Param } from '@nestjs/common';
import { ok, refuse } from '@gridpact/kernel';
import { Caller, Roles } from '@gridpact/platform/auth';
import { granted } from '@gridpact/platform/http';
import { DataSource } from 'typeorm';
import { openId } from '../program/program.schema.js';
import { ownOrAll } from '../whose.js';
import { ClearingStore, type IssuedAward, type StoredClearing } from './clearing-store.js';

/** What clearing gave: the stack to those who see all of it, an award to its winner. */
@Controller('v1/events/:id')
export class ClearingController {
  constructor(
    private readonly dataSource: DataSource,
    private readonly clearings: ClearingStore,
  ) {}

  @Get('clearing')
  @Roles('operator', 'approver', 'regulator', 'service')
  async clearing(@Param('id', { schema: openId }) id: string): Promise<StoredClearing> {
    const found = await this.clearings.byEvent(this.dataSource, id);
    const outcome = found ? ok(found) : refuse('not_cleared', `no clearing of an event ${id}`);
    return granted(outcome, { not_cleared: 404 });
  }

  @Get('awards')
  @Roles('operator', 'approver', 'regulator', 'service', 'aggregator')
  async awards(
    @Param('id', { schema: openId }) id: string,
    @Caller() caller: Caller,
  ): Promise<{ awards: IssuedAward[] }> {
    return { awards: await this.clearings.awards(this.dataSource, id, ownOrAll(caller)) };
  }
}
