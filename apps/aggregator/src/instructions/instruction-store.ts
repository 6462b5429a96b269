import { rows } from '@gridpact/platform/postgres';
import type { BodyOf } from '@gridpact/statement';
import type { EntityManager } from 'typeorm';
import { AwardRow, InstructionRow } from './instruction.entity.js';
import type { EnrolledSite } from './instruction-plan.js';

/** Sites of the tenant that may serve an event: agreed for its program, in its area, over its whole span. */
export async function sitesForEvent(tx: EntityManager, event: BodyOf<'event.announced'>): Promise<EnrolledSite[]> {
  return rows<EnrolledSite>(
    tx,
    `SELECT enrolment.enrolment, enrolment.statement AS "enrolmentStatement", enrolment.contract,
            EXISTS (SELECT FROM standing_offer WHERE standing_offer.enrolment = enrolment.enrolment) AS standing
       FROM enrolment
       JOIN site ON site.tenant = enrolment.tenant AND site.site = enrolment.site
      WHERE enrolment.program = $1 AND site.area = $2 AND enrolment.statement IS NOT NULL
        AND enrolment.starts_at <= $3 AND (enrolment.ends_at IS NULL OR enrolment.ends_at >= $4)
      ORDER BY enrolment.site`,
    [event.program, event.area, event.intervals[0]?.start, event.intervals.at(-1)?.end],
  );
}

/** Claims an award; false when it was taken before, and then nothing may be issued again. */
export async function addAward(
  tx: EntityManager,
  { statement, tenant, event, body, binding }: AwardRow,
): Promise<boolean> {
  const added = await rows(
    tx,
    `INSERT INTO award (statement, tenant, event, body, binding) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT DO NOTHING RETURNING statement`,
    [statement, tenant, event, JSON.stringify(body), binding && JSON.stringify(binding)],
  );
  return added.length === 1;
}

/** Instructions that a user is shown at most, the newest deadlines first. */
const MAX_LISTED = 100;

/** An instruction as its user sees it. */
export interface InstructionView {
  /** Leaf hash of `instruction.issued`. */
  readonly statement: string;
  readonly body: BodyOf<'instruction.issued'>;
  readonly state: 'waiting' | 'answered' | 'silent' | 'withdrawn';
  /** What no answer means under the contract. */
  readonly silence: BodyOf<'enrolment.agreed'>['silence'];
  /** Leaf hash of the answer that stands; a later answer names it as `earlier`. */
  readonly standing: string | null;
  readonly answer: BodyOf<'curtailment.confirmed'> | null;
  /** base64 of the promise for that answer. */
  readonly promise: string | null;
  readonly withdrawal: BodyOf<'curtailment.withdrawn'> | null;
}

/** Instructions of whoever asks, of one event or of all. */
export async function listInstructions(tx: EntityManager, event: string | null): Promise<InstructionView[]> {
  return rows<InstructionView>(
    tx,
    `SELECT instruction.statement, instruction.body, enrolment.contract->>'silence' AS silence,
            instruction.standing, answer.body AS answer, answer.promise, withdrawal.body AS withdrawal,
            CASE WHEN withdrawal.statement IS NOT NULL THEN 'withdrawn'
                 WHEN instruction.standing IS NOT NULL THEN 'answered'
                 WHEN instruction.silent_at IS NOT NULL THEN 'silent'
                 ELSE 'waiting' END AS state
       FROM instruction
       JOIN enrolment ON enrolment.enrolment = instruction.enrolment
       LEFT JOIN answer ON answer.statement = instruction.standing
       LEFT JOIN withdrawal ON withdrawal.confirmation = answer.statement
      WHERE $1::text IS NULL OR instruction.event = $1
      ORDER BY instruction.confirm_by DESC, instruction.instruction LIMIT ${MAX_LISTED}`,
    [event],
  );
}

/** Locks an instruction of whoever asks until the transaction ends; null for a foreign one. */
export function lockInstruction(tx: EntityManager, instruction: string): Promise<InstructionRow | null> {
  return tx.findOne(InstructionRow, { where: { instruction }, lock: { mode: 'pessimistic_write' } });
}
