import type { MigrationInterface, QueryRunner } from 'typeorm';

/** OAuth clients and spent assertions of the issuer; enrolment codes and registrations of the registry. */
export class Identity0000000001001 implements MigrationInterface {
  readonly name = 'Identity0000000001001';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of TABLES) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE registration, enrolment_code, spent_assertion, oauth_client');
  }
}

const TABLES = [
  `CREATE TABLE oauth_client (
    client_id text PRIMARY KEY,
    party text NOT NULL,
    roles text[] NOT NULL CHECK (cardinality(roles) > 0),
    secret_sha256 text CHECK (secret_sha256 ~ '^[0-9a-f]{64}$'),
    jwk jsonb,
    CHECK ((secret_sha256 IS NULL) <> (jwk IS NULL))
  )`,
  'CREATE INDEX oauth_client_party ON oauth_client (party)',
  `CREATE TABLE spent_assertion (
    id text PRIMARY KEY,
    expires_at timestamptz NOT NULL
  )`,
  'CREATE INDEX spent_assertion_expires ON spent_assertion (expires_at)',
  `CREATE TABLE enrolment_code (
    party text PRIMARY KEY,
    role text NOT NULL CHECK (role IN ('user', 'device')),
    digest text NOT NULL UNIQUE CHECK (digest ~ '^[0-9a-f]{64}$'),
    expires_at timestamptz NOT NULL,
    refused_tries integer NOT NULL DEFAULT 0,
    used_by_entry text CHECK (used_by_entry ~ '^[0-9a-f]{64}$')
  )`,
  `CREATE TABLE registration (
    party text PRIMARY KEY REFERENCES enrolment_code,
    role text NOT NULL,
    kid text NOT NULL UNIQUE,
    statement text NOT NULL UNIQUE CHECK (statement ~ '^[0-9a-f]{64}$'),
    entry bytea NOT NULL,
    registered_at timestamptz NOT NULL,
    log_index bigint,
    refusal text
  )`,
];
