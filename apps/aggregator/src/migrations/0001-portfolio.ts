import { tenantRows, userRows } from './isolation.js';

/**
 * Statements, sites, enrolments, standing offers. `statement_route` says only which tenant a statement belongs to, so
 * that a receipt finds its row; it holds no content and is therefore not a tenant's row.
 *
 * "Never enrolled twice for the same program and time" is an exclusion over a 64-bit hash of site (or meter) and
 * program as a one-point range, which needs no extension; a constraint sees all tenants' rows, unlike a query.
 */
export const portfolioUp = `
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

/** Events, nominations, awards. An event is open to all and nobody's row. */
export const eventsUp = `
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
    unassigned jsonb NOT NULL,
    UNIQUE (tenant, event)
  );
  ${tenantRows('award')}
`;

/** Instructions and what users answered. `standing` is the answer that holds; each answer has at most one successor. */
export const answersUp = `
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
