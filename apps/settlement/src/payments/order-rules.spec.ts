import { describe, expect, it } from 'vitest';
import { orderPlan } from './order-rules.js';

const line = (name: string, amountFen: bigint, userFen: bigint, aggregator = 'aggregator-1') => ({
  ...{ line: name, aggregator, user: `user-of-${name}`, amountFen, userFen },
  aggregatorFen: amountFen - userFen,
});

describe('payment orders', () => {
  it('pay an aggregator the sum of its lines, and each user its share', () => {
    const { payments } = orderPlan('power', [line('a', 100n, 80n), line('b', 50n, 40n)], [], new Set());
    expect(payments).toEqual([
      { payer: 'aggregator-1', payee: 'user-of-a', amountFen: 80n },
      { payer: 'aggregator-1', payee: 'user-of-b', amountFen: 40n },
      { payer: 'power', payee: 'aggregator-1', amountFen: 150n },
    ]);
  });

  it('leave a frozen line out, for its aggregator too', () => {
    const { lines, payments } = orderPlan('power', [line('a', 100n, 80n), line('b', 50n, 40n)], [], new Set(['a']));
    expect(lines).toEqual([{ line: 'b', amountFen: 50n, userFen: 40n }]);
    expect(payments).toContainEqual({ payer: 'power', payee: 'aggregator-1', amountFen: 50n });
  });

  it('order only what earlier orders did not, and take back what was ordered too much', () => {
    const ordered = [
      { line: 'a', amountFen: 100n, userFen: 80n },
      { line: 'b', amountFen: 60n, userFen: 48n },
    ];
    const { payments } = orderPlan('power', [line('a', 100n, 80n), line('b', 50n, 40n)], ordered, new Set());
    expect(payments).toEqual([
      { payer: 'aggregator-1', payee: 'user-of-b', amountFen: -8n },
      { payer: 'power', payee: 'aggregator-1', amountFen: -10n },
    ]);
  });

  it('order nothing twice: the plan after a plan is empty', () => {
    const current = [line('a', 100n, 80n), line('b', 0n, 0n), line('c', 7n, 5n, 'aggregator-2')];
    const first = orderPlan('power', current, [], new Set());
    expect(orderPlan('power', current, first.lines, new Set())).toEqual({ lines: [], payments: [] });
  });
});
