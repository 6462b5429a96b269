import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Moves between states that the database admits: what `@gridpact/dispatch` allows, and staying while a run is newer. */
const MOVES = `
  ('announced', 'gate-closed'), ('gate-closed', 'cleared'), ('cleared', 'confirmed'), ('confirmed', 'active'),
  ('active', 'ended'), ('ended', 'measured'), ('ended', 'settled'), ('measured', 'settled'), ('settled', 'settled'),
  ('announced', 'cancelled'), ('gate-closed', 'cancelled'), ('cleared', 'cancelled'), ('confirmed', 'cancelled'),
  ('active', 'cancelled')`;

const TABLES = [
  `CREATE TABLE clock_mapping (
    revision integer PRIMARY KEY CHECK (revision >= 1),
    mapping jsonb NOT NULL,
    statement text NOT NULL UNIQUE
  )`,
  `CREATE TABLE program (
    id text PRIMARY KEY,
    rule_pack jsonb NOT NULL,
    bundle_sha256 text NOT NULL CHECK (bundle_sha256 ~ '^[0-9a-f]{64}$'),
    statement text NOT NULL UNIQUE,
    published_at timestamptz NOT NULL
  )`,
  `CREATE TABLE dr_event (
    id text PRIMARY KEY,
    program text NOT NULL REFERENCES program,
    state text NOT NULL CHECK (state IN ('announced', 'gate-closed', 'cleared', 'confirmed', 'active', 'ended',
      'measured', 'settled', 'cancelled')),
    revision integer NOT NULL CHECK (revision >= 1),
    since timestamptz NOT NULL,
    announced jsonb NOT NULL,
    statement text NOT NULL UNIQUE,
    program_statement text NOT NULL,
    announced_at timestamptz NOT NULL,
    settled_run integer CHECK (settled_run >= 1),
    cancelled_from text,
    cancel_reason text,
    CHECK ((state = 'settled') = (settled_run IS NOT NULL)),
    CHECK ((state = 'cancelled') = (cancelled_from IS NOT NULL)),
    CHECK ((state = 'cancelled') = (cancel_reason IS NOT NULL))
  )`,
  `CREATE INDEX dr_event_live ON dr_event (announced_at, id)
    WHERE state IN ('announced', 'gate-closed', 'cleared', 'confirmed', 'active')`,
  `CREATE TABLE submitted (statement text PRIMARY KEY, type text NOT NULL, subject text NOT NULL)`,
  `CREATE TABLE sealed (statement text PRIMARY KEY, log_index bigint NOT NULL)`,
  `CREATE TABLE ledger_refusal (statement text PRIMARY KEY, code text NOT NULL, detail text NOT NULL)`,
  `CREATE TABLE arrival (
    statement text PRIMARY KEY,
    event text NOT NULL,
    aggregator text NOT NULL,
    received_at timestamptz NOT NULL,
    decision jsonb
  )`,
  `CREATE INDEX arrival_unanswered ON arrival (event) WHERE decision IS NULL`,
  `CREATE TABLE nomination (
    statement text PRIMARY KEY,
    event text NOT NULL REFERENCES dr_event,
    aggregator text NOT NULL,
    commitment text NOT NULL,
    received_at timestamptz NOT NULL,
    late boolean NOT NULL,
    reveal jsonb NOT NULL
  )`,
  `CREATE INDEX nomination_event ON nomination (event)`,
  `CREATE TABLE clearing (event text PRIMARY KEY REFERENCES dr_event, statement text NOT NULL, result jsonb NOT NULL)`,
  `CREATE TABLE award (
    statement text PRIMARY KEY,
    event text NOT NULL REFERENCES clearing,
    aggregator text NOT NULL,
    award jsonb NOT NULL,
    opening jsonb NOT NULL,
    UNIQUE (event, aggregator)
  )`,
  `CREATE TABLE dispatch (
    event text NOT NULL REFERENCES dr_event,
    recipient text NOT NULL,
    statement text NOT NULL,
    opening jsonb NOT NULL,
    PRIMARY KEY (event, recipient)
  )`,
  `CREATE TABLE confirmation (
    event text NOT NULL,
    site text NOT NULL,
    aggregator text NOT NULL,
    statement text NOT NULL,
    answer text NOT NULL,
    intervals jsonb NOT NULL,
    PRIMARY KEY (event, site)
  )`,
  `CREATE TABLE outage (
    statement text PRIMARY KEY,
    event text NOT NULL REFERENCES dr_event,
    feeder text NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    body jsonb NOT NULL,
    UNIQUE (event, feeder, starts_at, ends_at),
    CHECK (starts_at < ends_at)
  )`,
  `CREATE TABLE gateway_message (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic text NOT NULL,
    payload text NOT NULL,
    sent_at timestamptz
  )`,
  `CREATE INDEX gateway_message_waiting ON gateway_message (id) WHERE sent_at IS NULL`,
  `CREATE TABLE oadr_event (
    id text PRIMARY KEY,
    event text NOT NULL REFERENCES dr_event,
    program text NOT NULL REFERENCES program,
    audience text,
    object jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL
  )`,
  `CREATE INDEX oadr_event_of ON oadr_event (event)`,
  `CREATE TABLE oadr_report (
    id text PRIMARY KEY,
    event text NOT NULL,
    client text NOT NULL,
    object jsonb NOT NULL,
    created_at timestamptz NOT NULL
  )`,
];

const GUARD = [
  `CREATE FUNCTION dr_event_moves() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    IF (OLD.state, NEW.state) NOT IN (VALUES ${MOVES}) OR NEW.revision <> OLD.revision + 1 THEN
      RAISE EXCEPTION 'event % cannot go from % (%) to % (%)', OLD.id, OLD.state, OLD.revision, NEW.state, NEW.revision
        USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
  END $$`,
  `CREATE TRIGGER dr_event_moves BEFORE UPDATE ON dr_event FOR EACH ROW EXECUTE FUNCTION dr_event_moves()`,
];

/** Everything that the dispatcher owns. */
export class Dispatcher0000000001001 implements MigrationInterface {
  readonly name = 'Dispatcher0000000001001';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...TABLES, ...GUARD]) await runner.query(statement);
  }

  async down(): Promise<void> {
    throw new Error('migrations only move forward');
  }
}
