import { formatInstant, type Instant, type Interval } from '@gridpact/kernel';
import { rows, type Transaction } from '@gridpact/platform/postgres';
import type { JournalEntry, LineOutcome } from '@gridpact/settlement';
import type { BatchOpening, BodyOf } from '@gridpact/statement';
import { Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';

export type RunKind = BodyOf<'settlement.computed'>['kind'];
export type RunTotals = BodyOf<'settlement.computed'>['totals'];

/** A settlement run as it was sealed. */
export interface StoredRun {
  readonly event: string;
  readonly run: number;
  readonly kind: RunKind;
  readonly cause: string;
  readonly statement: string;
  readonly supersedes: string | null;
  readonly inputsSha256: string;
  readonly totals: RunTotals;
  readonly span: Interval;
  readonly at: Instant;
}

/** One line of a run, with what proves it. */
export interface StoredLine {
  readonly event: string;
  readonly run: number;
  readonly opening: BatchOpening<LineOutcome>;
}

/** A run as it is listed. */
export type RunRow = Omit<StoredRun, 'span' | 'at' | 'supersedes'> & { readonly at: Date; readonly sealed: boolean };

/** One posting of the journal. */
export interface Posting {
  readonly run: number;
  readonly entry: number;
  readonly account: string;
  readonly amountFen: string;
  readonly line: string;
  readonly kind: string;
  readonly statement: string;
}

const RUN_COLUMNS = `event, run, settlement_run.kind, cause, settlement_run.statement, inputs_sha256 AS "inputsSha256",
  totals, at, sealed.statement IS NOT NULL AS sealed`;
const RUNS = `SELECT ${RUN_COLUMNS} FROM settlement_run LEFT JOIN sealed USING (statement)`;

/** Runs, their lines and their journal; nothing of it is ever changed. */
@Injectable()
export class RunStore {
  /** Stores a run. A second run of the same number is refused by the database: whoever committed first stands. */
  async insert(tx: Transaction, run: StoredRun, lines: readonly BatchOpening<LineOutcome>[]): Promise<void> {
    await rows(
      tx,
      `INSERT INTO settlement_run (event, run, kind, cause, statement, supersedes, inputs_sha256, totals, difference_fen,
         starts_at, ends_at, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
      [
        ...[run.event, run.run, run.kind, run.cause, run.statement, run.supersedes, run.inputsSha256],
        ...[JSON.stringify(run.totals), run.totals.differenceFen],
        ...[run.span.start, run.span.end, run.at].map(formatInstant),
      ],
    );
    await rows(
      tx,
      `INSERT INTO run_line (event, run, line, aggregator, user_party, opening)
       SELECT $1, $2, * FROM unnest($3::text[], $4::text[], $5::text[], $6::text[])`,
      [
        ...[run.event, run.run, lines.map(({ item }) => item.line), lines.map(({ item }) => item.aggregator)],
        ...[lines.map(({ item }) => item.user), lines.map((opening) => JSON.stringify(opening))],
      ],
    );
  }

  /** Writes both sides of each entry. */
  async post(tx: Transaction, run: StoredRun, journal: readonly JournalEntry[]): Promise<void> {
    const sides = journal.flatMap((entry, at) => [
      { ...entry, at: at + 1, account: entry.debit, signed: -entry.amountFen },
      { ...entry, at: at + 1, account: entry.credit, signed: entry.amountFen },
    ]);
    await rows(
      tx,
      `INSERT INTO journal_posting (event, run, statement, entry, account, amount_fen, line, kind)
       SELECT $1, $2, $3, * FROM unnest($4::int[], $5::text[], $6::bigint[], $7::text[], $8::text[])`,
      [
        ...[run.event, run.run, run.statement, sides.map(({ at }) => at), sides.map(({ account }) => account)],
        ...[sides.map(({ signed }) => String(signed)), sides.map(({ line }) => line), sides.map(({ kind }) => kind)],
      ],
    );
  }

  /** Runs of an event, oldest first. */
  async ofEvent(db: DataSource | Transaction, event: string): Promise<RunRow[]> {
    return rows<RunRow>(db, `${RUNS} WHERE event = $1 ORDER BY run`, [event]);
  }

  /** Lines of an event's runs, by run and line; of one run, of one party only, when asked. */
  async lines(
    db: DataSource | Transaction,
    { event, run = null, party = null }: { event: string; run?: number | null; party?: string | null },
  ): Promise<StoredLine[]> {
    const found = await rows<LineRow>(
      db,
      `SELECT event, run, opening FROM run_line
       WHERE event = $1 AND ($2::int IS NULL OR run = $2) AND ($3::text IS NULL OR $3 IN (aggregator, user_party))
       ORDER BY run, line`,
      [event, run, party],
    );
    return found.map(lineOf);
  }

  /** All lines of a user, newest run first. */
  async linesOfUser(db: DataSource, user: string, limit: number): Promise<(StoredLine & { runRow: RunRow })[]> {
    const found = await rows<LineRow & RunRow>(
      db,
      `SELECT opening, ${RUN_COLUMNS} FROM run_line JOIN settlement_run USING (event, run)
       LEFT JOIN sealed USING (statement) WHERE user_party = $1 ORDER BY at DESC, run DESC, line LIMIT $2`,
      [user, limit],
    );
    return found.map((row) => ({ ...lineOf(row), runRow: row }));
  }

  /** Postings of an event, in the order in which they were made. */
  async postings(db: DataSource, event: string): Promise<Posting[]> {
    return rows<Posting>(
      db,
      `SELECT run, entry, account, amount_fen AS "amountFen", line, kind, statement FROM journal_posting
       WHERE event = $1 ORDER BY run, entry, amount_fen`,
      [event],
    );
  }
}

interface LineRow {
  readonly event: string;
  readonly run: number;
  readonly opening: string;
}

function lineOf({ event, run, opening }: LineRow): StoredLine {
  return { event, run, opening: JSON.parse(opening) as BatchOpening<LineOutcome> };
}
