import type { MigrationInterface, QueryRunner } from 'typeorm';

const SOURCES = [
  `CREATE TABLE dr_event (
    event text PRIMARY KEY,
    state text NOT NULL,
    revision integer NOT NULL
  )`,
  `CREATE TABLE sealed (statement text PRIMARY KEY, log_index bigint NOT NULL)`,
  `CREATE TABLE awaited (
    statement text PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('meter-days', 'event-window', 'answer', 'outage')),
    event text,
    starts_at timestamptz,
    ends_at timestamptz,
    corrects text,
    refused boolean NOT NULL DEFAULT false
  )`,
  `CREATE INDEX awaited_event ON awaited (event)`,
  `CREATE INDEX awaited_span ON awaited (starts_at, ends_at) WHERE kind = 'meter-days'`,
  `CREATE TABLE settlement_job (
    event text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('RUN', 'FINAL', 'ORDER')),
    cause text NOT NULL,
    revision integer NOT NULL DEFAULT 1,
    tries integer NOT NULL DEFAULT 0,
    not_before timestamptz NOT NULL DEFAULT now(),
    code text,
    detail text,
    PRIMARY KEY (event, kind)
  )`,
];

const RUNS = [
  `CREATE TABLE settlement_run (
    event text NOT NULL,
    run integer NOT NULL CHECK (run >= 1),
    kind text NOT NULL,
    cause text NOT NULL,
    statement text NOT NULL UNIQUE,
    supersedes text,
    inputs_sha256 text NOT NULL,
    totals jsonb NOT NULL,
    difference_fen bigint NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (event, run)
  )`,
  `CREATE UNIQUE INDEX settlement_run_final ON settlement_run (event) WHERE kind = 'FINAL'`,
  `CREATE TABLE run_line (
    event text NOT NULL,
    run integer NOT NULL,
    line text NOT NULL,
    aggregator text NOT NULL,
    user_party text NOT NULL,
    opening text NOT NULL,
    PRIMARY KEY (event, run, line),
    FOREIGN KEY (event, run) REFERENCES settlement_run
  )`,
  `CREATE INDEX run_line_user ON run_line (user_party)`,
  `CREATE TABLE journal_posting (
    event text NOT NULL,
    run integer NOT NULL,
    entry integer NOT NULL,
    account text NOT NULL,
    amount_fen bigint NOT NULL CHECK (amount_fen <> 0),
    line text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('budget-draw', 'settlement', 'share')),
    statement text NOT NULL REFERENCES settlement_run (statement),
    PRIMARY KEY (event, run, entry, account),
    FOREIGN KEY (event, run) REFERENCES settlement_run
  )`,
];

const MONEY = [
  `CREATE TABLE dispute (
    dispute text PRIMARY KEY,
    event text NOT NULL,
    run integer NOT NULL,
    line text NOT NULL,
    aggregator text NOT NULL,
    user_party text NOT NULL,
    reason text NOT NULL,
    evidence_sha256 text,
    statement text NOT NULL UNIQUE,
    raised_at timestamptz NOT NULL,
    state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'upheld', 'rejected', 'refused')),
    ruling_reason text,
    ruling_statement text UNIQUE,
    FOREIGN KEY (event, run, line) REFERENCES run_line
  )`,
  `CREATE UNIQUE INDEX dispute_open ON dispute (event, line) WHERE state = 'open'`,
  `CREATE TABLE payment_order (
    statement text PRIMARY KEY,
    event text NOT NULL,
    ordinal integer NOT NULL,
    payer text NOT NULL,
    total_fen bigint NOT NULL,
    run integer NOT NULL,
    at timestamptz NOT NULL,
    UNIQUE (event, ordinal, payer),
    FOREIGN KEY (event, run) REFERENCES settlement_run
  )`,
  `CREATE TABLE payment_item (
    payment text PRIMARY KEY,
    statement text NOT NULL REFERENCES payment_order,
    payee text NOT NULL,
    opening text NOT NULL
  )`,
  `CREATE TABLE ordered_line (
    event text NOT NULL,
    ordinal integer NOT NULL,
    line text NOT NULL,
    amount_fen bigint NOT NULL,
    user_fen bigint NOT NULL,
    PRIMARY KEY (event, ordinal, line)
  )`,
];

const IMMUTABLE = ['settlement_run', 'run_line', 'journal_posting', 'payment_order', 'payment_item', 'ordered_line'];

/** Every entry sums to zero, and the budget pays exactly what the run says it moves; checked as the run commits. */
const BALANCE = [
  `CREATE FUNCTION run_balances() RETURNS trigger LANGUAGE plpgsql AS $$
  DECLARE drawn bigint; moved bigint;
  BEGIN
    IF EXISTS (SELECT FROM journal_posting WHERE event = NEW.event AND run = NEW.run GROUP BY entry HAVING sum(amount_fen) <> 0) THEN
      RAISE EXCEPTION 'an entry of run % of event % does not balance', NEW.run, NEW.event USING ERRCODE = 'check_violation';
    END IF;
    SELECT coalesce(-sum(amount_fen), 0) INTO drawn FROM journal_posting
      WHERE event = NEW.event AND run = NEW.run AND account = 'budget';
    SELECT difference_fen INTO moved FROM settlement_run WHERE event = NEW.event AND run = NEW.run;
    IF drawn IS DISTINCT FROM moved THEN
      RAISE EXCEPTION 'run % of event % draws % fen and moves % fen', NEW.run, NEW.event, drawn, moved USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
  END $$`,
  ...['settlement_run', 'journal_posting'].map(
    (table) => `CREATE CONSTRAINT TRIGGER run_balances AFTER INSERT ON ${table}
      DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION run_balances()`,
  ),
  `CREATE FUNCTION never_changes() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    RAISE EXCEPTION 'rows of % are never changed', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
  END $$`,
  ...IMMUTABLE.map(
    (table) => `CREATE TRIGGER never_changes BEFORE UPDATE OR DELETE OR TRUNCATE ON ${table}
      FOR EACH STATEMENT EXECUTE FUNCTION never_changes()`,
  ),
];

/** Everything that the settlement service owns. */
export class Settlement0000000001001 implements MigrationInterface {
  readonly name = 'Settlement0000000001001';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...SOURCES, ...RUNS, ...MONEY, ...BALANCE]) await runner.query(statement);
  }

  async down(): Promise<void> {
    throw new Error('migrations only move forward');
  }
}
