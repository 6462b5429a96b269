import { ok } from '@gridpact/kernel';
import { BUSINESS_CLOCK } from '@gridpact/platform/app';
import type { BusinessClock } from '@gridpact/platform/clock';
import { Inject, Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { draftEnrolment } from '../enrolments/enrolment-draft.js';
import type { EnrolmentRow } from '../enrolments/enrolment.entity.js';
import { EnrolmentCodes } from '../parties/enrolment-codes.js';
import { RANDOMNESS, type Randomness } from '../parties/randomness.js';
import { ProgramCatalogue, type PublishedProgram } from '../programs/program-catalogue.js';
import { asTenant } from '../tenancy/scope.js';
import type { SiteRow } from './site.entity.js';
import { type KnownSite, type NewSite, type RowError, contractOf, rowErrors } from './site-rows.js';
import { type ListedSite, addEnrolment, findDrafts, findSites, listSites } from './site-store.js';

/** Sites on one page. */
export const MAX_PAGE = 200;

/** What staff get for one row; the code is null for a user that has a key already. */
export interface EnrolledSite {
  readonly site: string;
  readonly enrolment: string;
  readonly user: string;
  readonly code: string | null;
  readonly codeExpiresAt: string | null;
}

/** All rows are enrolled, or none and every bad one is named. */
export type EnrolOutcome = { readonly ok: true; readonly value: readonly EnrolledSite[] } | RefusedRows;
interface RefusedRows {
  readonly ok: false;
  readonly rows: readonly RowError[];
}

/** Puts sites and the drafts of their contracts into a tenant's portfolio. */
@Injectable()
export class SitesService {
  constructor(
    private readonly source: DataSource,
    private readonly programs: ProgramCatalogue,
    private readonly codes: EnrolmentCodes,
    @Inject(RANDOMNESS) private readonly randomness: Randomness,
    @Inject(BUSINESS_CLOCK) private readonly clock: BusinessClock,
  ) {}

  /**
   * Enrols all rows or none. A row sent again while its user has not signed gives the same enrolment and user, and a
   * fresh code in place of the first.
   */
  async enrol(tenant: string, rows: readonly NewSite[]): Promise<EnrolOutcome> {
    const programs = await this.programs.published(rows.map(({ program }) => program));
    const known = await asTenant(this.source, tenant, (tx) => knownOf(tx, rows));
    const packs = new Map([...programs].map(([program, { rulePack }]) => [program, rulePack]));
    const errors = rowErrors(rows, { programs: packs, sites: known.sites });
    if (errors.length > 0) return { ok: false, rows: errors };
    const drafts = rows.map((row) => this.draft(tenant, row, known, programs));
    const codes = await this.codes.issue([...new Set(drafts.map(({ user }) => user))]);
    const saved = await this.save(tenant, rows, drafts, known);
    if (!saved.ok) return { ok: false, rows: [saved.refused] };
    return ok(
      drafts.map(({ site, enrolment, user }) => {
        const code = codes.get(user);
        return { site, enrolment, user, code: code?.code ?? null, codeExpiresAt: code?.expiresAt ?? null };
      }),
    );
  }

  /** One page of the tenant's sites, and the cursor of the next one. */
  async list(tenant: string, cursor: string, limit: number): Promise<{ items: ListedSite[]; next: string | null }> {
    const items = await asTenant(this.source, tenant, (tx) => listSites(tx, cursor, limit + 1));
    const next = items.length > limit ? (items[limit - 1]?.site ?? null) : null;
    return { items: items.slice(0, limit), next };
  }

  private draft(
    tenant: string,
    row: NewSite,
    known: Known,
    programs: ReadonlyMap<string, PublishedProgram>,
  ): EnrolmentRow {
    const waiting = known.drafts.find(({ site, program }) => site === row.site && program === row.program);
    if (waiting) return waiting;
    const user = known.sites.find(({ site }) => site === row.site)?.user ?? this.randomness.id('user');
    const now = this.clock.now();
    const parties = { enrolment: this.randomness.id('enrolment'), aggregator: tenant, user };
    const programStatement = programs.get(row.program)?.statement;
    if (!programStatement) throw new Error(`${row.program} was published a moment ago`);
    return draftEnrolment(contractOf(row, parties, now), { at: now, programStatement, salt: this.randomness.salt() });
  }

  /** Saves what is not there yet; the first row that a constraint refuses undoes the whole request. */
  private async save(
    tenant: string,
    rows: readonly NewSite[],
    drafts: readonly EnrolmentRow[],
    known: Known,
  ): Promise<{ ok: true } | { ok: false; refused: RowError }> {
    try {
      await asTenant(this.source, tenant, async (tx) => {
        for (const [at, draft] of drafts.entries()) {
          const row = rows[at];
          if (!row || known.drafts.includes(draft)) continue;
          if (!(await addEnrolment(tx, siteOf(row, draft), draft))) throw new RowRefused(alreadyEnrolled(row, at));
        }
      });
      return { ok: true };
    } catch (error) {
      if (error instanceof RowRefused) return { ok: false, refused: error.row };
      throw error;
    }
  }
}

interface Known {
  readonly sites: readonly KnownSite[];
  readonly drafts: readonly EnrolmentRow[];
}

/** Leaves a transaction that a constraint has ended. */
class RowRefused extends Error {
  constructor(readonly row: RowError) {
    super(row.detail);
  }
}

async function knownOf(tx: EntityManager, rows: readonly NewSite[]): Promise<Known> {
  const ids = rows.map(({ site }) => site);
  const sites = await findSites(
    tx,
    ids,
    rows.map(({ meter }) => meter),
  );
  return { sites, drafts: await findDrafts(tx, ids) };
}

function siteOf(row: NewSite, { tenant, user }: EnrolmentRow): SiteRow {
  const { site, meter, gateway, feeder, area, capabilityWatt, userName } = row;
  return { tenant, site, meter, gateway, feeder, area, capabilityWatt, user, userName };
}

function alreadyEnrolled({ site, program }: NewSite, row: number): RowError {
  const detail = `site ${site} or its meter is enrolled for ${program} at that time; end that enrolment or leave it out`;
  return { row, site, code: 'already_enrolled', detail };
}
