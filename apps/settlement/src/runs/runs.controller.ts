import { objectId } from '@gridpact/contracts';
import { Caller, Roles } from '@gridpact/platform/auth';
import { granted, Idempotent } from '@gridpact/platform/http';
import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { z } from 'zod';
import { ownOrAll } from '../whose.js';
import { RunReader } from './run-reader.js';

const newRun = z.strictObject({ kind: z.literal('FINAL'), cause: z.string().min(1).max(500) });
const lineFilter = z.strictObject({ run: z.coerce.number().int().min(1).max(10_000).optional() });

const NOT_FOUND = { unknown_event: 404, unknown_run: 404 } as const;

/** Settlement runs, their lines and their journal. */
@Controller('v1')
export class RunsController {
  constructor(private readonly reader: RunReader) {}

  @Get('events/:event/runs')
  @Roles('operator', 'approver', 'regulator', 'aggregator', 'service')
  async runs(@Param('event', { schema: objectId }) event: string, @Caller() caller: Caller) {
    return granted(await this.reader.runs(event, ownOrAll(caller)), NOT_FOUND);
  }

  /** Asks for the final run; it is made once everything that it reads is sealed. */
  @Post('events/:event/runs')
  @HttpCode(202)
  @Roles('operator')
  @Idempotent()
  async final(
    @Param('event', { schema: objectId }) event: string,
    @Body({ schema: newRun }) { cause }: z.infer<typeof newRun>,
  ): Promise<{ event: string; kind: 'FINAL'; cause: string }> {
    const asked = await this.reader.requestFinal(event, cause);
    return granted(asked, { unknown_event: 404, not_settled: 409, already_final: 409 });
  }

  /** Lines of one run, of the newest when none is named. */
  @Get('events/:event/lines')
  @Roles('operator', 'approver', 'regulator', 'aggregator', 'service')
  async lines(
    @Param('event', { schema: objectId }) event: string,
    @Query({ schema: lineFilter }) { run }: z.infer<typeof lineFilter>,
    @Caller() caller: Caller,
  ) {
    return granted(await this.reader.lines(event, run, ownOrAll(caller)), NOT_FOUND);
  }

  @Get('events/:event/journal')
  @Roles('operator', 'regulator')
  async journal(@Param('event', { schema: objectId }) event: string) {
    return granted(await this.reader.journal(event), NOT_FOUND);
  }

  @Get('me/lines')
  @Roles('user')
  mine(@Caller() caller: Caller) {
    return this.reader.ofUser(caller.party);
  }
}
