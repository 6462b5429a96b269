import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { formatInstant, ok, refuse, type Result } from '@gridpact/kernel';
import type {
  EventSearchQuery,
  OadrEvent,
  OadrProgram,
  OadrReport,
  OadrReportRequest,
  SearchQuery,
} from '@gridpact/openadr-wire';
import { BUSINESS_CLOCK } from '@gridpact/platform/app';
import type { Caller } from '@gridpact/platform/auth';
import type { BusinessClock } from '@gridpact/platform/clock';
import { DataSource } from 'typeorm';
import { ProgramStore } from '../program/program-store.js';
import { ownOrAll } from '../whose.js';
import { oadrProgramOf } from './oadr-objects.js';
import { OadrStore } from './oadr-store.js';

/** What VENs may read and report. A foreign object is as if it were not there. */
@Injectable()
export class VtnService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly programs: ProgramStore,
    private readonly oadr: OadrStore,
    @Inject(BUSINESS_CLOCK) private readonly clock: BusinessClock,
  ) {}

  /** Programs have no targets here, so asking for some finds none. */
  async searchPrograms({ targets, skip, limit }: SearchQuery): Promise<OadrProgram[]> {
    if (targets.length > 0) return [];
    return (await this.programs.page(this.dataSource, skip, limit)).map(oadrProgramOf);
  }

  searchEvents(caller: Caller, query: EventSearchQuery): Promise<OadrEvent[]> {
    return this.oadr.search(this.dataSource, ownOrAll(caller), query, this.clock.now());
  }

  async event(caller: Caller, id: string): Promise<Result<OadrEvent, 'unknown_event'>> {
    const found = await this.oadr.byId(this.dataSource, ownOrAll(caller), id);
    return found ? ok(found) : refuse('unknown_event', `no event has the id ${id}`);
  }

  /** Takes a report on an event that its sender sees; who sent it is what its token says. */
  async report(caller: Caller, request: OadrReportRequest): Promise<Result<OadrReport, 'unknown_event'>> {
    const event = await this.event(caller, request.eventID);
    if (!event.ok) return event;
    const at = formatInstant(this.clock.now());
    const metadata = { id: randomUUID(), createdDateTime: at, modificationDateTime: at, objectType: 'REPORT' as const };
    const report = { ...metadata, ...request, clientID: caller.sub };
    await this.oadr.insertReport(this.dataSource, report);
    return ok(report);
  }
}
