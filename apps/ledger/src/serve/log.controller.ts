import { Public } from '@gridpact/platform/auth';
import { RefusedError } from '@gridpact/platform/http';
import { parseTilePath, tileWidthAt } from '@gridpact/tlog';
import { Controller, Get, Header, Inject, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { LedgerParts } from '../ledger.js';
import { LEDGER } from '../tokens.js';

const PREFIX = '/log/';
const OCTETS = 'application/octet-stream';
/** What is written once never changes (tlog-tiles, Parameters). */
const FOR_EVER = 'public, max-age=31536000, immutable';

/** The log as tlog-tiles serves it: checkpoint, tiles, entry bundles. Nothing beyond the published size. */
@Public()
@Controller('log')
export class LogController {
  constructor(@Inject(LEDGER) private readonly ledger: LedgerParts) {}

  @Get('checkpoint')
  @Header('content-type', 'text/plain; charset=utf-8')
  @Header('cache-control', 'no-cache')
  checkpoint(): string {
    const { checkpoint } = this.ledger.publisher.published;
    if (checkpoint === '') throw new RefusedError({ code: 'not_published', detail: 'no checkpoint yet' }, 404);
    return checkpoint;
  }

  @Get('tile/*')
  @Header('content-type', OCTETS)
  @Header('cache-control', FOR_EVER)
  async tile(@Req() request: FastifyRequest): Promise<Buffer> {
    const path = request.url.slice(PREFIX.length);
    const bytes = this.#isPublished(path) ? await this.ledger.cache.read(path) : undefined;
    if (!bytes)
      throw new RefusedError({ code: 'no_such_tile', detail: `nothing is published as ${path.slice(0, 200)}` }, 404);
    return bytes;
  }

  /** Only canonical paths of tiles within the published tree; a file that lies beyond it is never read. */
  #isPublished(path: string): boolean {
    try {
      const { level, index, width } = parseTilePath(path);
      const { size } = this.ledger.publisher.published;
      return width <= tileWidthAt(size, level === 'entries' ? 0 : level, index);
    } catch {
      return false;
    }
  }
}
