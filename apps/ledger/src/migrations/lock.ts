import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The checkpoint lock, in a store of its own: the last (size, root) that the log key signed, by origin. */
export class LedgerLock0000000001001 implements MigrationInterface {
  readonly name = 'LedgerLock0000000001001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE checkpoint_lock (
        origin text PRIMARY KEY,
        size bigint NOT NULL,
        root bytea NOT NULL,
        checkpoint text NOT NULL,
        signed_at timestamptz NOT NULL
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE checkpoint_lock');
  }
}
