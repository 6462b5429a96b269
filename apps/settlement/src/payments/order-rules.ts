import type { Fen } from '@gridpact/kernel';
import type { LineAmounts } from '@gridpact/settlement';

/** What was ordered for a line so far, over all orders. */
export interface OrderedLine {
  readonly line: string;
  readonly amountFen: Fen;
  readonly userFen: Fen;
}

/** One payment: who owes whom how much; negative when a true-up takes money back. */
export interface Payment {
  readonly payer: string;
  readonly payee: string;
  readonly amountFen: Fen;
}

/** What is to be ordered now: per line the difference to what was ordered, and its payments. */
export interface OrderPlan {
  readonly lines: readonly OrderedLine[];
  readonly payments: readonly Payment[];
}

/**
 * Orders what the newest run says and earlier orders did not, save lines that a dispute freezes: the power company pays
 * each aggregator for its lines, each aggregator its users their shares. Nothing is ordered twice, nothing for zero.
 */
export function orderPlan(
  powerCompany: string,
  current: readonly LineAmounts[],
  ordered: readonly OrderedLine[],
  frozen: ReadonlySet<string>,
): OrderPlan {
  const before = new Map(ordered.map((line) => [line.line, line]));
  const due = current.filter(({ line }) => !frozen.has(line)).map((line) => ({ ...line, ...owed(line, before) }));
  const moved = due.filter(({ amountFen, userFen }) => amountFen !== 0n || userFen !== 0n);
  const payments = moved.flatMap(({ aggregator, user, amountFen, userFen }) => [
    { payer: powerCompany, payee: aggregator, amountFen },
    { payer: aggregator, payee: user, amountFen: userFen },
  ]);
  const lines = moved.map(({ line, amountFen, userFen }) => ({ line, amountFen, userFen }));
  return { lines, payments: summed(payments) };
}

function owed(
  { line, amountFen, userFen }: LineAmounts,
  before: ReadonlyMap<string, OrderedLine>,
): { amountFen: Fen; userFen: Fen } {
  const known = before.get(line);
  return { amountFen: amountFen - (known?.amountFen ?? 0n), userFen: userFen - (known?.userFen ?? 0n) };
}

function summed(payments: readonly Payment[]): Payment[] {
  const groups = Map.groupBy(payments, ({ payer, payee }) => `${payer} ${payee}`);
  const sums = [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, group]) => sumOf(group));
  return sums.filter(({ amountFen }) => amountFen !== 0n);
}

function sumOf(group: readonly Payment[]): Payment {
  const [first] = group;
  if (!first) throw new RangeError('no payment to sum');
  return { ...first, amountFen: group.reduce((sum, { amountFen }) => sum + amountFen, 0n) };
}
