import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Outbox: messages that commit with the state they tell of. `xid` orders them by transaction, see the relay. */
class PlatformOutbox0000000000001 implements MigrationInterface {
  readonly name = 'PlatformOutbox0000000000001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE outbox (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
        message_id text NOT NULL,
        topic text NOT NULL,
        key text NOT NULL,
        value text NOT NULL,
        headers jsonb NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        published_at timestamptz
      )`);
    await runner.query('CREATE INDEX outbox_waiting ON outbox (xid, id) WHERE published_at IS NULL');
    await runner.query('CREATE INDEX outbox_published ON outbox (published_at) WHERE published_at IS NOT NULL');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE outbox');
  }
}

/** Inbox: ids of messages whose effect is committed, by consumer. */
class PlatformInbox0000000000002 implements MigrationInterface {
  readonly name = 'PlatformInbox0000000000002';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE inbox (
        consumer text NOT NULL,
        message_id text NOT NULL,
        received_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (consumer, message_id)
      )`);
    await runner.query('CREATE INDEX inbox_received ON inbox USING brin (received_at)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE inbox');
  }
}

/** Idempotency keys of HTTP requests, by caller; `status` is null while the first request runs. */
class PlatformIdempotency0000000000003 implements MigrationInterface {
  readonly name = 'PlatformIdempotency0000000000003';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE idempotency_key (
        caller text NOT NULL,
        key text NOT NULL,
        request_hash text NOT NULL,
        attempt uuid NOT NULL,
        started_at timestamptz NOT NULL DEFAULT now(),
        status integer,
        body text,
        PRIMARY KEY (caller, key)
      )`);
    await runner.query('CREATE INDEX idempotency_key_started ON idempotency_key (started_at)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE idempotency_key');
  }
}

/** Tables that the platform keeps in each service's schema; goes first in every app's list. Numbers 1 to 999. */
export const platformMigrations = [
  PlatformOutbox0000000000001,
  PlatformInbox0000000000002,
  PlatformIdempotency0000000000003,
] as const;
