import { createHash, randomBytes } from 'node:crypto';
import { type Instant, type Result, decimal, formatInstant, ok, refuse } from '@gridpact/kernel';
import { BUSINESS_CLOCK } from '@gridpact/platform/app';
import type { BusinessClock } from '@gridpact/platform/clock';
import { lineAmounts } from '@gridpact/settlement';
import { SALT_BYTES, sealBatch } from '@gridpact/statement';
import { Inject, Injectable } from '@nestjs/common';
import { POWER_COMPANY } from '../config.js';
import type { Job } from '../jobs/job-store.js';
import type { PreviousRun } from '../runs/computed-run.js';
import { Payers } from '../statements/payers.js';
import { OrderBook } from './order-book.js';
import type { SignedOrder } from './order-round.js';
import { type Payment, orderPlan } from './order-rules.js';
import type { PaymentItem } from './order-store.js';

/** Orders payments once a final run stands: each payer's own signer signs its orders, all of them commit together. */
@Injectable()
export class OrderService {
  constructor(
    private readonly book: OrderBook,
    private readonly payers: Payers,
    @Inject(BUSINESS_CLOCK) private readonly clock: BusinessClock,
  ) {}

  async order(job: Job): Promise<Result<void, 'not_settled'>> {
    const newest = await this.book.newest(job.event);
    if (!newest) return refuse('not_settled', `event ${job.event} has no run`);
    const { ordered, frozen } = await this.book.state(job.event);
    const plan = orderPlan(POWER_COMPANY, lineAmounts(newest.lines), ordered.lines, frozen);
    const ordinal = ordered.next;
    const orders: SignedOrder[] = [];
    for (const [payer, payments] of Map.groupBy(plan.payments, (payment) => payment.payer)) {
      orders.push(await this.sign(job.event, newest, ordinal, payer, payments));
    }
    await this.book.save(job, { ordinal, plan, orders });
    return ok(undefined);
  }

  private async sign(
    event: string,
    newest: PreviousRun,
    ordinal: number,
    payer: string,
    payments: readonly Payment[],
  ): Promise<SignedOrder> {
    const at = this.clock.now();
    const items = payments.map((payment) => itemOf(payment, event, ordinal, newest.statement, at));
    const batch = sealBatch(items.map((item) => ({ recipient: item.payee, item, salt: randomBytes(SALT_BYTES) })));
    const totalFen = payments.reduce((sum, { amountFen }) => sum + amountFen, 0n);
    const body = { event, payer, totalFen: decimal(totalFen), batch: { root: batch.root, count: batch.count } };
    const said = { by: payer, at, subject: event, parents: [newest.statement], body };
    const statement = await this.payers.say({ type: 'payment.ordered', ...said });
    const stored = { statement: statement.leafHash, event, ordinal, payer, totalFen, run: newest.run, at };
    return { stored, batch, statement };
  }
}

function itemOf(payment: Payment, event: string, ordinal: number, settlement: string, at: Instant): PaymentItem {
  const { payer, payee, amountFen } = payment;
  const id = paymentId(event, ordinal, payer, payee);
  return { payment: id, payer, payee, amountFen: decimal(amountFen), settlement, at: formatInstant(at) };
}

/** Id of a payment: the same whenever it is computed, so that whoever pays can tell a repeated order. */
function paymentId(event: string, ordinal: number, payer: string, payee: string): string {
  const name = JSON.stringify([event, ordinal, payer, payee]);
  return `pay-${createHash('sha256').update(name).digest('hex').slice(0, 32)}`;
}
