import type { Receipt } from '@gridpact/contracts';
import { Public } from '@gridpact/platform/auth';
import { PG_POOL, MACHINE_CLOCK } from '@gridpact/platform/app';
import type { MachineClock } from '@gridpact/platform/clock';
import { RefusedError } from '@gridpact/platform/http';
import { leafHashHex } from '@gridpact/statement';
import { TileTree } from '@gridpact/tlog';
import { Controller, Get, Header, Inject, Param } from '@nestjs/common';
import type { Pool } from 'pg';
import type { LedgerParts } from '../ledger.js';
import { receiptOf } from '../publish/publication.js';
import { tileReader } from '../store/log-store.js';
import { LEDGER } from '../tokens.js';
import { StatementReader } from './statement-reader.js';

/** Receipts: proofs that need no server of ours to be checked. Public, for they say nothing that the log does not. */
@Public()
@Controller('v1')
export class ReceiptsController {
  constructor(
    private readonly reader: StatementReader,
    @Inject(LEDGER) private readonly ledger: LedgerParts,
    @Inject(PG_POOL) private readonly pool: Pool,
    @Inject(MACHINE_CLOCK) private readonly clock: MachineClock,
  ) {}

  /** The receipt as tlog-proof text, under the newest published checkpoint. */
  @Get('receipts/:leafHash')
  @Header('content-type', 'text/plain; charset=utf-8')
  async text(@Param('leafHash', { schema: leafHashHex }) leafHash: string): Promise<string> {
    return (await this.#receipt(leafHash)).receipt;
  }

  /** The receipt with what it is about, as the receipt topic carries it. */
  @Get('statements/:leafHash/receipt')
  async json(@Param('leafHash', { schema: leafHashHex }) leafHash: string): Promise<Receipt> {
    return this.#receipt(leafHash);
  }

  async #receipt(leafHash: string): Promise<Receipt> {
    const { size, checkpoint } = this.ledger.publisher.published;
    const entry = await this.reader.entry(leafHash);
    if (!entry || entry.index >= size) {
      throw new RefusedError({ code: 'not_sealed', detail: `no published checkpoint covers ${leafHash}` }, 404);
    }
    return receiptOf(new TileTree(size, tileReader(this.pool)), checkpoint, entry, this.clock.now());
  }
}
