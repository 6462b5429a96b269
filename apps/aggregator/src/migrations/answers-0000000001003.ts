import type { MigrationInterface, QueryRunner } from 'typeorm';
import { userRows } from './isolation.js';

/** Instructions and what users answered. `standing` is the answer that holds; each answer has at most one successor. */
export class Answers0000000001003 implements MigrationInterface {
  readonly name = 'Answers0000000001003';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(TABLES);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE withdrawal, answer, instruction');
  }
}

const TABLES = `
  CREATE TABLE instruction (
    instruction text PRIMARY KEY,
    tenant      text NOT NULL,
    event       text NOT NULL REFERENCES event,
    site        text NOT NULL,
    enrolment   text NOT NULL REFERENCES enrolment,
    user_party  text NOT NULL,
    statement   text NOT NULL UNIQUE,
    body        jsonb NOT NULL,
    confirm_by  timestamptz NOT NULL,
    standing    text,
    silent_at   timestamptz,
    UNIQUE (tenant, event, site)
  );
  CREATE INDEX instruction_by_user ON instruction (user_party);
  CREATE INDEX instruction_unanswered ON instruction (tenant, confirm_by) WHERE standing IS NULL AND silent_at IS NULL;
  ${userRows('instruction')}

  CREATE TABLE answer (
    statement   text PRIMARY KEY,
    tenant      text NOT NULL,
    instruction text NOT NULL REFERENCES instruction,
    user_party  text NOT NULL,
    body        jsonb NOT NULL,
    earlier     text REFERENCES answer,
    received_at timestamptz NOT NULL,
    promise     text NOT NULL
  );
  CREATE UNIQUE INDEX answer_first ON answer (instruction) WHERE earlier IS NULL;
  CREATE UNIQUE INDEX answer_successor ON answer (earlier);
  ${userRows('answer')}

  CREATE TABLE withdrawal (
    statement    text PRIMARY KEY,
    tenant       text NOT NULL,
    confirmation text NOT NULL UNIQUE REFERENCES answer,
    user_party   text NOT NULL,
    body         jsonb NOT NULL,
    received_at  timestamptz NOT NULL,
    promise      text NOT NULL
  );
  ${userRows('withdrawal')}
`;
