import type { EventChanged } from '@gridpact/contracts';
import { type Instant, instantOf } from '@gridpact/kernel';
import { rows } from '@gridpact/platform/postgres';
import { type BodyOf } from '@gridpact/statement';
import type { EntityManager } from 'typeorm';
import { AwardRow } from '../instructions/instruction.entity.js';
import { EventRow } from './event.entity.js';
import type { InstructionOutcome } from './tally.js';

/** Keeps an event's newest state; a message that comes late changes nothing. */
export async function saveEvent(tx: EntityManager, changed: EventChanged): Promise<void> {
  const { announced } = changed;
  await tx.query(
    `INSERT INTO event AS held
            (event, revision, state, announced, statement, program_statement, gate_closes_at, confirm_by)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
     ON CONFLICT (event) DO UPDATE SET
       revision = excluded.revision, state = excluded.state, announced = excluded.announced,
       statement = excluded.statement, program_statement = excluded.program_statement,
       gate_closes_at = excluded.gate_closes_at, confirm_by = excluded.confirm_by
     WHERE held.revision < excluded.revision`,
    [
      changed.event,
      changed.revision,
      changed.state,
      JSON.stringify(announced),
      changed.statement,
      changed.programStatement,
      announced.gateClosesAt,
      announced.confirmBy,
    ],
  );
}

/** Our copy of an event; null when nothing was heard of it. */
export function findEvent(tx: EntityManager, event: string): Promise<EventRow | null> {
  return tx.findOneBy(EventRow, { event });
}

/** The tenant's award in an event. */
export function findAward(tx: EntityManager, event: string): Promise<AwardRow | null> {
  return tx.findOneBy(AwardRow, { event });
}

/** One site's part in an event: its instruction, the answer that stands, and whether it left. */
export interface SiteOutcome extends InstructionOutcome {
  readonly statement: string;
  readonly userName: string;
  readonly answerStatement: string | null;
  readonly receivedAt: Instant | null;
}

/** What became of the tenant's instructions in an event, by site. */
export async function siteOutcomes(tx: EntityManager, event: string): Promise<SiteOutcome[]> {
  const found = await rows<OutcomeRow>(
    tx,
    `SELECT instruction.statement, instruction.body AS instruction, site.user_name AS "userName",
            answer.body AS answer, answer.statement AS "answerStatement", answer.received_at AS "receivedAt",
            instruction.silent_at IS NOT NULL AS silent, withdrawal.body->>'effectiveAt' AS "withdrawnFrom"
       FROM instruction
       JOIN site ON site.tenant = instruction.tenant AND site.site = instruction.site
       LEFT JOIN answer ON answer.statement = instruction.standing
       LEFT JOIN withdrawal ON withdrawal.confirmation = answer.statement
      WHERE instruction.event = $1
      ORDER BY instruction.site`,
    [event],
  );
  return found.map(({ receivedAt, ...row }) => ({
    ...row,
    receivedAt: receivedAt && instantOf(receivedAt.toISOString()),
  }));
}

interface OutcomeRow {
  readonly statement: string;
  readonly instruction: BodyOf<'instruction.issued'>;
  readonly userName: string;
  readonly answer: BodyOf<'curtailment.confirmed'> | null;
  readonly answerStatement: string | null;
  readonly receivedAt: Date | null;
  readonly silent: boolean;
  readonly withdrawnFrom: string | null;
}
