import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Bodies off the log, statements that wait for a parent, and what was published last. */
export class LedgerBodies0000000001002 implements MigrationInterface {
  readonly name = 'LedgerBodies0000000001002';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE TABLE subject_key (subject text PRIMARY KEY, wrapped bytea NOT NULL)');
    await runner.query(`
      CREATE TABLE body (
        leaf_hash bytea PRIMARY KEY,
        subject text NOT NULL,
        audience text[] NOT NULL,
        sealed bytea NOT NULL
      )`);
    await runner.query('ALTER TABLE body ALTER COLUMN sealed SET STORAGE EXTERNAL');
    await runner.query(`
      CREATE TABLE waiting (
        leaf_hash bytea PRIMARY KEY,
        bytes bytea NOT NULL,
        subject text NOT NULL,
        audience text[] NOT NULL,
        sealed bytea,
        promise bytea,
        traceparent text,
        since timestamptz NOT NULL
      )`);
    await runner.query(`
      CREATE TABLE publication (
        single boolean PRIMARY KEY DEFAULT true CHECK (single),
        size bigint NOT NULL,
        checkpoint text NOT NULL,
        published_at timestamptz
      )`);
    await runner.query(`INSERT INTO publication (size, checkpoint) VALUES (0, '')`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE publication, waiting, body, subject_key');
  }
}
