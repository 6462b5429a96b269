import type { NominationDecision } from '@gridpact/contracts';
import type { Instant } from '@gridpact/kernel';
import { rows } from '@gridpact/platform/postgres';
import type { EntityManager } from 'typeorm';
import { IsNull } from 'typeorm';
import { EventRow } from '../events/event.entity.js';
import { NominationRow } from './nomination.entity.js';

/** A decision on a reveal that came too early: it is to be sent again. */
const TOO_EARLY = 'gate_open';

/** The tenant's nominations in an event, oldest first. */
export function listNominations(tx: EntityManager, event: string): Promise<NominationRow[]> {
  return tx.find(NominationRow, { where: { event }, order: { committedAt: 'ASC', statement: 'ASC' } });
}

/** Adds a nomination unless one stands (waiting or accepted); false then. */
export async function addNomination(tx: EntityManager, row: NominationRow): Promise<boolean> {
  const added = await rows(
    tx,
    `INSERT INTO nomination (statement, tenant, event, body, salt, committed_at) VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (tenant, event) WHERE accepted IS DISTINCT FROM false DO NOTHING RETURNING statement`,
    [row.statement, row.tenant, row.event, JSON.stringify(row.body), row.salt, new Date(row.committedAt)],
  );
  return added.length === 1;
}

/** Notes what the dispatcher decided about a commitment; a reveal that came before the gate is taken back. */
export async function noteDecision(tx: EntityManager, { nomination, outcome }: NominationDecision): Promise<void> {
  const noted = outcome.accepted
    ? { accepted: true, promise: outcome.promise }
    : { accepted: false, refusalCode: outcome.code, refusalDetail: outcome.detail };
  await tx.update(NominationRow, { statement: nomination, accepted: IsNull() }, noted);
  if (!outcome.accepted && outcome.code === TOO_EARLY) {
    await tx.update(NominationRow, { revealed: nomination }, { revealed: null });
  }
}

/** A nomination that waits for its reveal, with its event. */
export interface Unrevealed {
  readonly nomination: NominationRow;
  readonly event: EventRow;
}

/** The tenant's standing nominations whose event may have passed its gate at `now`. */
export async function findUnrevealed(tx: EntityManager, now: Instant): Promise<Unrevealed[]> {
  const due = await tx
    .createQueryBuilder(EventRow, 'event')
    .where(`event.state = 'gate-closed' OR (event.state = 'announced' AND event.gateClosesAt <= :now)`, {
      now: new Date(now),
    })
    .getMany();
  const found: Unrevealed[] = [];
  for (const event of due) {
    const waiting = await tx.findBy(NominationRow, { event: event.event, revealed: IsNull() });
    found.push(...waiting.filter(({ accepted }) => accepted !== false).map((nomination) => ({ nomination, event })));
  }
  return found;
}

/** Claims the reveal of a nomination; false when it was revealed in the meantime. */
export async function saveRevealed(tx: EntityManager, nomination: string, statement: string): Promise<boolean> {
  const saved = await tx.update(NominationRow, { statement: nomination, revealed: IsNull() }, { revealed: statement });
  return saved.affected === 1;
}
