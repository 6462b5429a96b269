import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The log takes the id of a standing offer once, whoever's it is; so do we, before we promise it. */
export class OfferNames0000000001004 implements MigrationInterface {
  readonly name = 'OfferNames0000000001004';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE standing_offer ADD CONSTRAINT standing_offer_named_once UNIQUE (offer)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE standing_offer DROP CONSTRAINT standing_offer_named_once');
  }
}
