import { Caller, Roles } from '@gridpact/platform/auth';
import { granted } from '@gridpact/platform/http';
import { Controller, Get, Param } from '@nestjs/common';
import { STATUS } from '../http/refusal-status.js';
import { tenantOf } from '../http/tenant.js';
import { Signers } from '../parties/signers.js';
import { type HeldReceipt, type StatementView, StatementsService } from './statements.service.js';

/** Statements that passed through here, and their receipts. */
@Controller('v1')
export class StatementsController {
  constructor(
    private readonly statements: StatementsService,
    private readonly signers: Signers,
  ) {}

  @Get('me/receipts/:leafHash')
  @Roles('user')
  async receipt(@Param('leafHash') leafHash: string, @Caller() caller: Caller): Promise<HeldReceipt> {
    return granted(await this.statements.receipt(caller.party, leafHash), STATUS);
  }

  @Get('statements/:leafHash')
  @Roles('aggregator')
  async statement(@Param('leafHash') leafHash: string, @Caller() caller: Caller): Promise<StatementView> {
    return granted(await this.statements.statement(tenantOf(this.signers, caller), leafHash), STATUS);
  }
}
