import type { MigrationInterface, QueryRunner } from 'typeorm';
import { userRows } from './isolation.js';

/**
 * Statements, sites, enrolments, standing offers. `statement_route` says only which tenant a statement belongs to, so
 * that a receipt finds its row; it holds no content and is therefore not a tenant's row.
 *
 * "Never enrolled twice for the same program and time" is an exclusion over a 64-bit hash of site (or meter) and
 * program as a one-point range, which needs no extension; a constraint sees all tenants' rows, unlike a query.
 */
export class Portfolio0000000001001 implements MigrationInterface {
  readonly name = 'Portfolio0000000001001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(TABLES);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE standing_offer, enrolment, site, statement, statement_route');
  }
}

const TABLES = `
  CREATE TABLE statement_route (statement text PRIMARY KEY, tenant text NOT NULL);

  CREATE TABLE statement (
    statement    text PRIMARY KEY,
    tenant       text NOT NULL,
    user_party   text,
    type         text NOT NULL,
    subject      text NOT NULL,
    entry        bytea NOT NULL,
    taken_at     timestamptz NOT NULL,
    log_index    bigint,
    receipt      text,
    sealed_at    timestamptz,
    refusal_code text,
    refusal_detail text
  );
  CREATE INDEX statement_by_subject ON statement (tenant, subject);
  ${userRows('statement')}

  CREATE TABLE site (
    tenant          text NOT NULL,
    site            text NOT NULL,
    meter           text NOT NULL,
    gateway         text NOT NULL,
    feeder          text NOT NULL,
    area            text NOT NULL,
    capability_watt bigint NOT NULL CHECK (capability_watt > 0),
    user_party      text NOT NULL,
    user_name       text NOT NULL,
    PRIMARY KEY (tenant, site),
    UNIQUE (tenant, meter)
  );
  ${userRows('site')}

  CREATE TABLE enrolment (
    enrolment   text PRIMARY KEY,
    tenant      text NOT NULL,
    site        text NOT NULL,
    meter       text NOT NULL,
    program     text NOT NULL,
    user_party  text NOT NULL,
    contract    jsonb NOT NULL,
    payload     text NOT NULL,
    salt        text NOT NULL,
    starts_at   timestamptz NOT NULL,
    ends_at     timestamptz,
    statement   text UNIQUE,
    drafted_at  timestamptz NOT NULL,
    FOREIGN KEY (tenant, site) REFERENCES site,
    CONSTRAINT enrolment_once_per_site EXCLUDE USING gist (
      int8range(hashtextextended(site || chr(31) || program, 0), hashtextextended(site || chr(31) || program, 0), '[]') WITH &&,
      tstzrange(starts_at, ends_at) WITH &&),
    CONSTRAINT enrolment_once_per_meter EXCLUDE USING gist (
      int8range(hashtextextended(meter || chr(31) || program, 0), hashtextextended(meter || chr(31) || program, 0), '[]') WITH &&,
      tstzrange(starts_at, ends_at) WITH &&)
  );
  CREATE INDEX enrolment_by_user ON enrolment (user_party);
  CREATE INDEX enrolment_by_program ON enrolment (tenant, program);
  ${userRows('enrolment')}

  CREATE TABLE standing_offer (
    statement  text PRIMARY KEY,
    tenant     text NOT NULL,
    offer      text NOT NULL,
    enrolment  text NOT NULL REFERENCES enrolment,
    user_party text NOT NULL,
    body       jsonb NOT NULL,
    taken_at   timestamptz NOT NULL,
    UNIQUE (enrolment, offer)
  );
  ${userRows('standing_offer')}
`;
