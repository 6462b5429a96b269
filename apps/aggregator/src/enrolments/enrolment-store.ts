import { rows } from '@gridpact/platform/postgres';
import type { EntityManager } from 'typeorm';
import { SiteRow } from '../sites/site.entity.js';
import { EnrolmentRow, StandingOfferRow } from './enrolment.entity.js';

/** Contracts that a user is shown at most. */
const MAX_LISTED = 100;

/** The user's contracts, drafts and agreed ones, oldest first. */
export function listEnrolments(tx: EntityManager): Promise<EnrolmentRow[]> {
  return tx.find(EnrolmentRow, { order: { draftedAt: 'ASC', enrolment: 'ASC' }, take: MAX_LISTED });
}

/** An enrolment of whoever asks; null for a foreign one. */
export function findEnrolment(tx: EntityManager, enrolment: string): Promise<EnrolmentRow | null> {
  return tx.findOneBy(EnrolmentRow, { enrolment });
}

/** The same, locked until the transaction ends. */
export function lockEnrolment(tx: EntityManager, enrolment: string): Promise<EnrolmentRow | null> {
  return tx.findOne(EnrolmentRow, { where: { enrolment }, lock: { mode: 'pessimistic_write' } });
}

/** Gateway of an enrolled site. */
export async function gatewayOf(tx: EntityManager, { tenant, site }: EnrolmentRow): Promise<string> {
  const { gateway } = await tx.findOneByOrFail(SiteRow, { tenant, site });
  return gateway;
}

/** Notes that a draft is agreed. */
export async function saveAgreed(tx: EntityManager, enrolment: string, statement: string): Promise<void> {
  await tx.update(EnrolmentRow, { enrolment }, { statement });
}

/** True when this very offer was taken before. */
export function isOfferTaken(tx: EntityManager, statement: string): Promise<boolean> {
  return tx.existsBy(StandingOfferRow, { statement });
}

/** Adds a standing offer; false when its id names another one, whoever's that is. */
export async function addOffer(tx: EntityManager, row: StandingOfferRow): Promise<boolean> {
  const added = await rows(
    tx,
    `INSERT INTO standing_offer (statement, tenant, offer, enrolment, user_party, body, taken_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (offer) DO NOTHING RETURNING statement`,
    [row.statement, row.tenant, row.offer, row.enrolment, row.user, JSON.stringify(row.body), new Date(row.takenAt)],
  );
  return added.length === 1;
}
