import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import {
  eventSearchQuery,
  objectID,
  reportRequest,
  searchQuery,
  type EventSearchQuery,
  type OadrEvent,
  type OadrProgram,
  type OadrReport,
  type OadrReportRequest,
  type SearchQuery,
} from '@gridpact/openadr-wire';
import { Caller, Roles } from '@gridpact/platform/auth';
import { granted } from '@gridpact/platform/http';
import { VtnService } from './vtn.service.js';

/** OpenADR 3.1.1 (`openadr3-3.1.1.yaml`): what a VEN needs to poll and to report. */
@Controller('openadr3/3.1.1')
@Roles('service', 'aggregator', 'device', 'operator')
export class VtnController {
  constructor(private readonly vtn: VtnService) {}

  @Get('programs')
  programs(@Query({ schema: searchQuery }) query: SearchQuery): Promise<OadrProgram[]> {
    return this.vtn.searchPrograms(query);
  }

  @Get('events')
  events(@Query({ schema: eventSearchQuery }) query: EventSearchQuery, @Caller() caller: Caller): Promise<OadrEvent[]> {
    return this.vtn.searchEvents(caller, query);
  }

  @Get('events/:id')
  async event(@Param('id', { schema: objectID }) id: string, @Caller() caller: Caller): Promise<OadrEvent> {
    return granted(await this.vtn.event(caller, id), { unknown_event: 404 });
  }

  @Post('reports')
  @HttpCode(201)
  async report(
    @Body({ schema: reportRequest }) body: OadrReportRequest,
    @Caller() caller: Caller,
  ): Promise<OadrReport> {
    return granted(await this.vtn.report(caller, body), { unknown_event: 409 });
  }
}
