import type { MigrationInterface, QueryRunner } from 'typeorm';

const TABLES = [
  `CREATE TABLE gateway (
    gateway text PRIMARY KEY,
    party text NOT NULL,
    jwk jsonb NOT NULL
  )`,
  `CREATE TABLE meter (
    meter text PRIMARY KEY,
    gateway text NOT NULL REFERENCES gateway,
    step_ms integer NOT NULL CHECK (step_ms >= 60000),
    maximum_watt numeric(30) NOT NULL CHECK (maximum_watt > 0)
  )`,
  // Every value that somebody once said about an interval; the series follows from the whole set.
  `CREATE TABLE observation (
    meter text NOT NULL REFERENCES meter,
    start_at timestamptz NOT NULL,
    gateway text NOT NULL,
    seq bigint NOT NULL,
    step_ms integer NOT NULL,
    energy_micro_kwh numeric(30) NOT NULL,
    quality text NOT NULL CHECK (quality IN ('raw', 'estimated')),
    sent_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    PRIMARY KEY (meter, start_at, gateway, seq)
  )`,
  `CREATE TABLE refused (
    gateway text NOT NULL,
    seq bigint NOT NULL,
    meter text NOT NULL DEFAULT '',
    start_at text NOT NULL DEFAULT '',
    code text NOT NULL,
    detail text NOT NULL,
    received_at timestamptz NOT NULL,
    PRIMARY KEY (gateway, seq, meter, start_at, code)
  )`,
  `CREATE TABLE enrolled_meter (
    meter text PRIMARY KEY,
    site text NOT NULL,
    enrolment text NOT NULL,
    aggregator text NOT NULL,
    user_party text NOT NULL
  )`,
  `CREATE TABLE dr_event (
    event text PRIMARY KEY,
    revision integer NOT NULL,
    state text NOT NULL,
    statement text NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL
  )`,
  `CREATE TABLE commitment (
    statement text PRIMARY KEY,
    commitment text NOT NULL UNIQUE,
    kind text NOT NULL CHECK (kind IN ('meter-days', 'event-window')),
    event text,
    from_at timestamptz NOT NULL,
    to_at timestamptz NOT NULL,
    corrects text REFERENCES commitment,
    meters integer NOT NULL,
    sealed_at timestamptz NOT NULL
  )`,
  // Exactly the records whose root stands under the statement, so that they can be shown again for ever.
  `CREATE TABLE sealed_part (
    statement text NOT NULL REFERENCES commitment,
    meter text NOT NULL,
    kind text NOT NULL,
    event text,
    from_at timestamptz NOT NULL,
    to_at timestamptz NOT NULL,
    version integer NOT NULL CHECK (version >= 1),
    root text NOT NULL,
    opening jsonb NOT NULL,
    records jsonb NOT NULL,
    PRIMARY KEY (statement, meter)
  )`,
  `CREATE UNIQUE INDEX sealed_once ON sealed_part (meter, kind, coalesce(event, ''), from_at, to_at, version)`,
  // What changed since it was sealed, or was never sealed: the sealer's list of work.
  `CREATE TABLE unsealed (
    meter text NOT NULL,
    kind text NOT NULL,
    from_at timestamptz NOT NULL,
    to_at timestamptz NOT NULL,
    newest_at timestamptz NOT NULL,
    PRIMARY KEY (meter, kind, from_at, to_at)
  )`,
];

/** Gateways, observations, sealed series. */
export class Ingest0000000001001 implements MigrationInterface {
  readonly name = 'Ingest0000000001001';

  async up(runner: QueryRunner): Promise<void> {
    for (const sql of TABLES) await runner.query(sql);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      'DROP TABLE unsealed, sealed_part, commitment, dr_event, enrolled_meter, refused, observation, meter, gateway',
    );
  }
}
