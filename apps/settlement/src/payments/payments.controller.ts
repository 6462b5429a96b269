import { objectId } from '@gridpact/contracts';
import { Caller, Roles } from '@gridpact/platform/auth';
import { Controller, Get, Param, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { DataSource } from 'typeorm';
import { z } from 'zod';
import { POWER_COMPANY } from '../config.js';
import { type OrderedPayment, OrderStore, type PaymentItem } from './order-store.js';

const listing = z.strictObject({ format: z.enum(['json', 'csv']).default('json') });
const HEADER = 'payment,payer,payee,amount_fen,settlement,at,statement,sealed';

type PaymentView = PaymentItem & Pick<OrderedPayment, 'statement' | 'sealed' | 'run' | 'opening'>;

/** Payment orders, as the payer's own systems take them. */
@Controller('v1/events/:event/payment-orders')
export class PaymentsController {
  constructor(
    private readonly orders: OrderStore,
    private readonly dataSource: DataSource,
  ) {}

  /** The caller's own orders as payer, the regulator's view of all; `format=csv` gives a table. */
  @Get()
  @Roles('operator', 'aggregator', 'regulator')
  async list(
    @Param('event', { schema: objectId }) event: string,
    @Query({ schema: listing }) { format }: z.infer<typeof listing>,
    @Caller() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<{ event: string; payments: PaymentView[] } | string> {
    const payments = (await this.orders.list(this.dataSource, event, payerOf(caller))).map(viewOf);
    if (format === 'json') return { event, payments };
    void reply.header('content-type', 'text/csv; charset=utf-8');
    return [HEADER, ...payments.map(rowOf)].map((row) => `${row}\r\n`).join('');
  }
}

function payerOf({ roles, party }: Caller): string | null {
  if (roles.includes('regulator')) return null;
  return roles.includes('operator') ? POWER_COMPANY : party;
}

function viewOf({ opening, statement, sealed, run }: OrderedPayment): PaymentView {
  return { ...opening.item, statement, sealed, run, opening };
}

/** Ids, parties, hashes and integers: none of them holds a comma or a quote. */
function rowOf({ payment, payer, payee, amountFen, settlement, at, statement, sealed }: PaymentView): string {
  return [payment, payer, payee, amountFen, settlement, at, statement, sealed].join(',');
}
