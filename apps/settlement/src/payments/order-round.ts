import type { SealedBatch, Statement } from '@gridpact/statement';
import type { OrderPlan } from './order-rules.js';
import type { PaymentItem, StoredOrder } from './order-store.js';

/** Orders of one payer, signed. */
export interface SignedOrder {
  readonly stored: StoredOrder;
  readonly batch: SealedBatch<PaymentItem>;
  readonly statement: Statement;
}

/** A round of orders: what it covers, and one statement per payer. */
export interface OrderRound {
  readonly ordinal: number;
  readonly plan: OrderPlan;
  readonly orders: readonly SignedOrder[];
}
