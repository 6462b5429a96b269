import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantRows } from './isolation.js';

/** Events, nominations, awards. An event is open to all and nobody's row. */
export class Events0000000001002 implements MigrationInterface {
  readonly name = 'Events0000000001002';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(TABLES);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE award, nomination, event');
  }
}

const TABLES = `
  CREATE TABLE event (
    event             text PRIMARY KEY,
    revision          integer NOT NULL,
    state             text NOT NULL,
    announced         jsonb NOT NULL,
    statement         text NOT NULL,
    program_statement text NOT NULL,
    gate_closes_at    timestamptz NOT NULL,
    confirm_by        timestamptz NOT NULL
  );

  CREATE TABLE nomination (
    statement   text PRIMARY KEY,
    tenant      text NOT NULL,
    event       text NOT NULL REFERENCES event,
    body        jsonb NOT NULL,
    salt        text NOT NULL,
    committed_at timestamptz NOT NULL,
    accepted    boolean,
    promise     text,
    refusal_code text,
    refusal_detail text,
    revealed    text UNIQUE
  );
  CREATE UNIQUE INDEX nomination_standing ON nomination (tenant, event) WHERE accepted IS DISTINCT FROM false;
  ${tenantRows('nomination')}

  CREATE TABLE award (
    statement text PRIMARY KEY,
    tenant    text NOT NULL,
    event     text NOT NULL REFERENCES event,
    body      jsonb NOT NULL,
    binding   jsonb,
    UNIQUE (tenant, event)
  );
  ${tenantRows('award')}
`;
