import { objectId } from '@gridpact/contracts';
import { type Instant, formatInstant, instantOf, plusMs, MS_PER_DAY } from '@gridpact/kernel';
import type { RulePack } from '@gridpact/program';
import { type BodyOf, enrolmentAgreed, instantText, split, watt } from '@gridpact/statement';
import { z } from 'zod';

/** Sites in one request. */
export const MAX_ROWS = 200;
/** How long consent to data use holds unless the row says otherwise: the three years that settlement may be contested. */
const CONSENT_MS = 1096 * MS_PER_DAY;
const CONSENT_PURPOSE = 'measuring, settling and proving demand response';

/** One site to enrol; the last four fields have defaults. */
export const newSite = z.strictObject({
  site: objectId,
  meter: objectId,
  gateway: objectId,
  feeder: objectId,
  area: objectId,
  program: objectId,
  capabilityWatt: watt.refine((text) => text !== '0', 'a site without capability cannot take part'),
  userName: z.string().min(1).max(200),
  baselineMethod: enrolmentAgreed.shape.baselineMethod,
  aggregatorPercent: split.shape.aggregatorPercent,
  silence: enrolmentAgreed.shape.silence,
  penaltyPassThrough: z.boolean().default(false),
  from: instantText.optional(),
  consentPurpose: z.string().min(1).max(500).default(CONSENT_PURPOSE),
  consentUntil: instantText.optional(),
});
export const newSites = z.array(newSite).min(1).max(MAX_ROWS);
export type NewSite = z.infer<typeof newSite>;

export type Contract = BodyOf<'enrolment.agreed'>;

/** What is wrong with one row, and how to mend it. */
export interface RowError {
  readonly row: number;
  readonly site: string;
  readonly code:
    'repeated' | 'unknown_program' | 'method_not_in_program' | 'site_differs' | 'meter_taken' | 'already_enrolled';
  readonly detail: string;
}

/** A site that the tenant has already. */
export type KnownSite = Pick<NewSite, 'site' | 'meter' | 'gateway' | 'feeder' | 'area'> & { readonly user: string };

/** What the checks of a request look at. */
export interface Known {
  readonly programs: ReadonlyMap<string, RulePack>;
  readonly sites: readonly KnownSite[];
}

/** Everything that is wrong with a request's rows, judged by what this tenant may see. */
export function rowErrors(rows: readonly NewSite[], known: Known): RowError[] {
  return rows.flatMap((row, at) => {
    const error = repeated(rows, at) ?? unfitForProgram(row, known) ?? unlikeKnownSite(row, known);
    return error ? [{ row: at, site: row.site, ...error }] : [];
  });
}

/** The contract that a row proposes, for an enrolment and a user party. */
export function contractOf(
  row: NewSite,
  parties: { readonly enrolment: string; readonly aggregator: string; readonly user: string },
  now: Instant,
): Contract {
  const from = row.from ?? formatInstant(now);
  const until = row.consentUntil ?? formatInstant(plusMs(instantOf(from), CONSENT_MS));
  const { program, site, meter, feeder, capabilityWatt, baselineMethod, penaltyPassThrough, silence } = row;
  return {
    ...parties,
    program,
    site,
    meter,
    feeder,
    capabilityWatt,
    baselineMethod,
    split: { kind: 'share', aggregatorPercent: row.aggregatorPercent },
    penaltyPassThrough,
    silence,
    consent: { purpose: row.consentPurpose, until },
    from,
  };
}

type Fault = Pick<RowError, 'code' | 'detail'> | undefined;

function repeated(rows: readonly NewSite[], at: number): Fault {
  const row = rows[at];
  const twin = rows.findIndex(({ site, meter }) => site === row?.site || meter === row?.meter);
  if (twin === at) return undefined;
  return { code: 'repeated', detail: `row ${twin} names the same site or meter; leave one of them out` };
}

function unfitForProgram(row: NewSite, { programs }: Known): Fault {
  const pack = programs.get(row.program);
  if (!pack) return { code: 'unknown_program', detail: `no program ${row.program} is published; check its name` };
  if (pack.baselineMethods.includes(row.baselineMethod)) return undefined;
  const methods = pack.baselineMethods.join(', ');
  return { code: 'method_not_in_program', detail: `${row.program} takes ${methods}; choose one of these` };
}

function unlikeKnownSite(row: NewSite, { sites }: Known): Fault {
  const known = sites.find(({ site }) => site === row.site);
  const holder = sites.find(({ meter, site }) => meter === row.meter && site !== row.site);
  if (holder) return { code: 'meter_taken', detail: `meter ${row.meter} is that of site ${holder.site}; give its own` };
  if (!known) return undefined;
  const differing = (['meter', 'gateway', 'feeder', 'area'] as const).filter((field) => known[field] !== row[field]);
  if (differing.length === 0) return undefined;
  return { code: 'site_differs', detail: `site ${row.site} is known with another ${differing.join(', ')}; use those` };
}
