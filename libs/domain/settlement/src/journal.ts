import type { Fen } from '@gridpact/kernel';

/** Accounts of the books; aggregator and user accounts name their party. */
export type Account = 'budget' | 'power-company' | `aggregator:${string}` | `user:${string}`;

/** What an entry is for: the program's budget bears the cost, the power company owes the aggregator, it owes the user. */
export type EntryKind = 'budget-draw' | 'settlement' | 'share';

/**
 * One double entry: the same positive amount leaves `debit` and reaches `credit`, so books made of such entries balance
 * and no unbalanced one can be written.
 */
export interface JournalEntry {
  readonly line: string;
  readonly kind: EntryKind;
  readonly debit: Account;
  readonly credit: Account;
  readonly amountFen: Fen;
}

/** The money of one line, or a later run's difference to it (then possibly negative). */
export interface LineAmounts {
  readonly line: string;
  readonly aggregator: string;
  readonly user: string;
  readonly amountFen: Fen;
  readonly aggregatorFen: Fen;
  readonly userFen: Fen;
}

/** Entries of a run; a negative difference turns debit and credit round, nothing is written for zero. */
export function journalOf(lines: readonly LineAmounts[]): JournalEntry[] {
  return lines.flatMap((line) => {
    const aggregator: Account = `aggregator:${line.aggregator}`;
    return [
      ...entry(line.line, 'budget-draw', 'budget', 'power-company', line.amountFen),
      ...entry(line.line, 'settlement', 'power-company', aggregator, line.amountFen),
      ...entry(line.line, 'share', aggregator, `user:${line.user}`, line.userFen),
    ];
  });
}

/** What each account holds after the entries: credits minus debits. Always sums to zero. */
export function balancesOf(entries: readonly JournalEntry[]): Map<Account, Fen> {
  const balances = new Map<Account, Fen>();
  for (const { debit, credit, amountFen } of entries) {
    balances.set(debit, (balances.get(debit) ?? 0n) - amountFen);
    balances.set(credit, (balances.get(credit) ?? 0n) + amountFen);
  }
  return balances;
}

function entry(line: string, kind: EntryKind, from: Account, to: Account, amountFen: Fen): JournalEntry[] {
  if (amountFen === 0n) return [];
  if (amountFen > 0n) return [{ line, kind, debit: from, credit: to, amountFen }];
  return [{ line, kind, debit: to, credit: from, amountFen: -amountFen }];
}
