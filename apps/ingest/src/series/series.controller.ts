import { Readable } from 'node:stream';
import { Caller, Roles } from '@gridpact/platform/auth';
import { instantText } from '@gridpact/statement';
import { Controller, Get, Header, Query, StreamableFile } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { z } from 'zod';

/** Meters of one query. */
const MAX_METERS = 500;

const meters = z.preprocess(
  (value): unknown[] => (Array.isArray(value) ? (value as unknown[]) : [value]),
  z.array(z.string().max(100)).min(1).max(MAX_METERS),
);
const seriesQuery = z.object({ meter: meters, from: instantText, to: instantText });
const commitmentQuery = z.object({
  event: z.string().max(100).optional(),
  from: instantText.optional(),
  to: instantText.optional(),
});

/** One commitment, as the list shows it. */
export interface CommitmentView {
  readonly statement: string;
  readonly commitment: string;
  readonly kind: string;
  readonly event: string | null;
  readonly from: Date;
  readonly to: Date;
  readonly corrects: string | null;
  readonly meters: number;
}

/** Sealed series, for those whom they concern; what is foreign is absent. */
@Controller('v1')
export class SeriesController {
  constructor(private readonly dataSource: DataSource) {}

  /** NDJSON: one line for each sealed part, in the order of sealing, with its opening and exactly its records. */
  @Get('series')
  @Roles('service', 'regulator', 'aggregator', 'user')
  @Header('content-type', 'application/x-ndjson')
  async series(
    @Query({ schema: seriesQuery }) query: z.infer<typeof seriesQuery>,
    @Caller() caller: Caller,
  ): Promise<StreamableFile> {
    const lines: { line: string }[] = await this.dataSource.query(
      `SELECT json_build_object('statement', p.statement, 'kind', p.kind, 'event', p.event, 'corrects', c.corrects,
         'opening', p.opening, 'records', p.records)::text AS line
       FROM sealed_part p JOIN commitment c USING (statement) JOIN enrolled_meter m ON m.meter = p.meter
       WHERE p.meter = ANY($1) AND p.from_at < $3 AND p.to_at > $2
         AND ($4 OR m.aggregator = $5 OR m.user_party = $5)
       ORDER BY c.sealed_at, p.statement, p.meter`,
      [query.meter, query.from, query.to, seesAll(caller), caller.party],
    );
    return new StreamableFile(Readable.from(lines.map(({ line }) => `${line}\n`)));
  }

  /** Commitments, oldest first. */
  @Get('commitments')
  @Roles('service', 'regulator', 'operator', 'aggregator', 'user')
  async commitments(
    @Query({ schema: commitmentQuery }) query: z.infer<typeof commitmentQuery>,
  ): Promise<{ commitments: CommitmentView[] }> {
    const commitments: CommitmentView[] = await this.dataSource.query(
      `SELECT statement, commitment, kind, event, from_at AS "from", to_at AS "to", corrects, meters FROM commitment
       WHERE ($1::text IS NULL OR event = $1) AND ($2::timestamptz IS NULL OR to_at > $2) AND ($3::timestamptz IS NULL OR from_at < $3)
       ORDER BY sealed_at, statement LIMIT 1000`,
      [query.event ?? null, query.from ?? null, query.to ?? null],
    );
    return { commitments };
  }
}

function seesAll(caller: Caller): boolean {
  return caller.roles.includes('service') || caller.roles.includes('regulator');
}
