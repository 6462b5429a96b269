import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Refusals stand for themselves: one may arrive before the statement that it refuses is told of. */
export class Settlement0000000001002 implements MigrationInterface {
  readonly name = 'Settlement0000000001002';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE TABLE refused (statement text PRIMARY KEY)');
    await runner.query('INSERT INTO refused SELECT statement FROM awaited WHERE refused');
    await runner.query('ALTER TABLE awaited DROP COLUMN refused');
  }

  async down(): Promise<void> {
    throw new Error('migrations only move forward');
  }
}
