import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The log itself: its state, entries, tiles, claims and keys. */
export class LedgerLog0000000001001 implements MigrationInterface {
  readonly name = 'LedgerLog0000000001001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE log_state (
        single boolean PRIMARY KEY DEFAULT true CHECK (single),
        size bigint NOT NULL,
        root bytea NOT NULL,
        epoch bigint NOT NULL
      )`);
    await runner.query(`INSERT INTO log_state (size, root, epoch) VALUES (0, sha256(''), 0)`);
    await runner.query(`
      CREATE TABLE entry (
        index bigint PRIMARY KEY,
        leaf_hash bytea NOT NULL UNIQUE,
        bytes bytea NOT NULL,
        type text NOT NULL,
        subject text NOT NULL,
        said_by text NOT NULL,
        promise bytea,
        traceparent text,
        sequenced_at timestamptz NOT NULL
      )`);
    await runner.query('ALTER TABLE entry ALTER COLUMN bytes SET STORAGE EXTERNAL');
    await runner.query('CREATE INDEX entry_by_subject ON entry (subject, index)');
    await runner.query('CREATE INDEX entry_by_type ON entry (type, index)');
    await runner.query(`
      CREATE TABLE tile (
        level smallint NOT NULL,
        index bigint NOT NULL,
        width smallint NOT NULL CHECK (width BETWEEN 1 AND 256),
        bytes bytea NOT NULL CHECK (octet_length(bytes) = width * 32),
        PRIMARY KEY (level, index)
      )`);
    await runner.query('ALTER TABLE tile ALTER COLUMN bytes SET STORAGE EXTERNAL');
    await runner.query(`
      CREATE TABLE claim (
        scope text NOT NULL,
        key text NOT NULL,
        leaf_hash bytea NOT NULL,
        PRIMARY KEY (scope, key)
      )`);
    await runner.query(`
      CREATE TABLE party_key (
        kid text PRIMARY KEY,
        suite text NOT NULL,
        jwk jsonb NOT NULL,
        use text NOT NULL,
        party text NOT NULL,
        role text NOT NULL,
        operator text,
        from_index bigint NOT NULL,
        statement bytea NOT NULL,
        until_index bigint
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE party_key, claim, tile, entry, log_state');
  }
}
