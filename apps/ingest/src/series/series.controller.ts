import { Readable } from 'node:stream';
import { objectId } from '@gridpact/contracts';
import { Caller, Roles } from '@gridpact/platform/auth';
import { RefusedError } from '@gridpact/platform/http';
import { instantText } from '@gridpact/statement';
import { Controller, Get, Header, Param, Query, StreamableFile } from '@nestjs/common';
import { z } from 'zod';
import { type CommitmentView, type LiveInterval, SeriesReader, type Sight } from './series-reader.js';

/** Meters of one query. */
const MAX_METERS = 500;

const meters = z.preprocess(
  (value): unknown[] => (Array.isArray(value) ? (value as unknown[]) : [value]),
  z.array(objectId).min(1).max(MAX_METERS),
);
const seriesQuery = z.strictObject({ meter: meters, from: instantText, to: instantText });
const commitmentQuery = z.strictObject({
  event: objectId.optional(),
  from: instantText.optional(),
  to: instantText.optional(),
});

/** Sealed series, for those whom they concern; what is foreign is absent. */
@Controller('v1')
export class SeriesController {
  constructor(private readonly reader: SeriesReader) {}

  /** NDJSON: one line for each sealed part, with its opening and exactly its records. */
  @Get('series')
  @Roles('service', 'regulator', 'aggregator', 'user')
  @Header('content-type', 'application/x-ndjson')
  series(
    @Query({ schema: seriesQuery }) { meter, from, to }: z.infer<typeof seriesQuery>,
    @Caller() caller: Caller,
  ): StreamableFile {
    const lines = Readable.from(this.reader.parts(meter, { from, to }, sightOf(caller)));
    return new StreamableFile(lines, { type: 'application/x-ndjson' });
  }

  /** Commitments, oldest first. They stand in the open log; who may read them here needs no more than a token. */
  @Get('commitments')
  @Roles('service', 'regulator', 'operator', 'aggregator', 'user')
  async commitments(
    @Query({ schema: commitmentQuery }) { event, from, to }: z.infer<typeof commitmentQuery>,
  ): Promise<{ commitments: CommitmentView[] }> {
    return { commitments: await this.reader.commitments(event ?? null, from ?? null, to ?? null) };
  }

  /** Energy metered so far in each interval of an event, per aggregator, of the meters that the caller may see. */
  @Get('events/:event/live')
  @Roles('service', 'regulator', 'aggregator', 'user')
  async live(
    @Param('event', { schema: objectId }) event: string,
    @Caller() caller: Caller,
  ): Promise<{ event: string; intervals: LiveInterval[] }> {
    const intervals = await this.reader.live(event, sightOf(caller));
    if (!intervals) throw new RefusedError({ code: 'unknown_event', detail: `no event ${event} is known here` }, 404);
    return { event, intervals };
  }
}

function sightOf({ roles, party }: Caller): Sight {
  return {
    all: roles.includes('service') || roles.includes('regulator'),
    aggregator: roles.includes('aggregator') ? party : null,
    user: roles.includes('user') ? party : null,
  };
}
