import { isSqlState, rows } from '@gridpact/platform/postgres';
import type { EntityManager } from 'typeorm';
import { In } from 'typeorm';
import { EnrolmentRow } from '../enrolments/enrolment.entity.js';
import { SiteRow } from './site.entity.js';

/** A site as staff see it, with what it is enrolled for. */
export interface ListedSite {
  readonly site: string;
  readonly meter: string;
  readonly gateway: string;
  readonly feeder: string;
  readonly area: string;
  readonly capabilityWatt: string;
  readonly user: string;
  readonly userName: string;
  readonly enrolments: readonly {
    readonly enrolment: string;
    readonly program: string;
    readonly state: 'draft' | 'agreed';
    readonly statement: string | null;
  }[];
}

/** The tenant's sites after a cursor, by id. */
export async function listSites(tx: EntityManager, after: string, limit: number): Promise<ListedSite[]> {
  return rows<ListedSite>(
    tx,
    `SELECT site, meter, gateway, feeder, area, capability_watt AS "capabilityWatt",
            user_party AS "user", user_name AS "userName",
            coalesce((SELECT jsonb_agg(jsonb_build_object(
                        'enrolment', enrolment, 'program', program, 'statement', statement,
                        'state', CASE WHEN statement IS NULL THEN 'draft' ELSE 'agreed' END) ORDER BY enrolment)
                        FROM enrolment WHERE enrolment.tenant = site.tenant AND enrolment.site = site.site),
                     '[]') AS enrolments
       FROM site WHERE site > $1 ORDER BY site LIMIT $2`,
    [after, limit],
  );
}

/** The tenant's sites that have one of these ids or meters. */
export function findSites(tx: EntityManager, sites: readonly string[], meters: readonly string[]): Promise<SiteRow[]> {
  return tx.find(SiteRow, { where: [{ site: In(sites) }, { meter: In(meters) }] });
}

/** The tenant's drafts of these sites that wait for a signature. */
export function findDrafts(tx: EntityManager, sites: readonly string[]): Promise<EnrolmentRow[]> {
  return tx
    .createQueryBuilder(EnrolmentRow, 'enrolment')
    .where('enrolment.site IN (:...sites) AND enrolment.statement IS NULL', { sites })
    .getMany();
}

/** Adds a site that is new, and its enrolment; false when someone holds the site or meter for that program and time. */
export async function addEnrolment(tx: EntityManager, site: SiteRow, draft: EnrolmentRow): Promise<boolean> {
  try {
    await tx.createQueryBuilder().insert().into(SiteRow).values(site).orIgnore().execute();
    await tx.insert(EnrolmentRow, draft);
    return true;
  } catch (error) {
    if (EXCLUSION_OR_UNIQUE.some((state) => isSqlState(error, state))) return false;
    throw error;
  }
}

/** exclusion_violation, unique_violation, foreign_key_violation (the meter was taken in the meantime). */
const EXCLUSION_OR_UNIQUE = ['23P01', '23505', '23503'];
