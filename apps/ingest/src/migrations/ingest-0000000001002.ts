import type { MigrationInterface, QueryRunner } from 'typeorm';

const CHANGES = [
  // One frame number that carries two values is two observations, so that the series does not hang on which came first.
  `ALTER TABLE observation DROP CONSTRAINT observation_pkey`,
  `ALTER TABLE observation ADD PRIMARY KEY (meter, start_at, gateway, seq, sent_at, step_ms, energy_micro_kwh, quality)`,
  // Two events may have the same window.
  `ALTER TABLE unsealed ADD COLUMN event text NOT NULL DEFAULT ''`,
  `ALTER TABLE unsealed DROP CONSTRAINT unsealed_pkey`,
  `UPDATE unsealed u SET event = s.event FROM sealed_part s
   WHERE u.kind = 'event-window' AND s.kind = u.kind AND s.meter = u.meter AND s.from_at = u.from_at AND s.to_at = u.to_at`,
  `ALTER TABLE unsealed ADD PRIMARY KEY (meter, kind, event, from_at, to_at)`,
  `ALTER TABLE refused RENAME TO refused_frame`,
  `ALTER TABLE refused_frame ADD COLUMN id bigint GENERATED ALWAYS AS IDENTITY UNIQUE`,
  `ALTER TABLE dr_event ADD COLUMN intervals jsonb NOT NULL DEFAULT '[]'`,
  `CREATE INDEX sealed_part_meter ON sealed_part (meter, from_at)`,
  `CREATE INDEX commitment_event ON commitment (event) WHERE event IS NOT NULL`,
];

/** Keys that do not hang on the order of arrival, bounded refusals, intervals of events. */
export class Ingest0000000001002 implements MigrationInterface {
  readonly name = 'Ingest0000000001002';

  async up(runner: QueryRunner): Promise<void> {
    for (const sql of CHANGES) await runner.query(sql);
  }

  async down(): Promise<void> {
    throw new Error('migrations only move forward');
  }
}
