import { divide, floorOf, multiply, add, rational, type Instant, type Rational, type Watt } from '@gridpact/kernel';
import { leastWatt, type WattInterval } from './quantities.js';

/** A site that an award can be spread over. */
export interface CandidateSite {
  readonly site: string;
  /** What it can curtail in any interval, W. */
  readonly capabilityWatt: Watt;
  /** What its curtailment costs the aggregator, such as the user's share of the price, 1e-6 CNY/kWh; lower goes first. */
  readonly costMicroCnyPerKwh: bigint;
  /** A standing offer answers for it: at equal cost it goes first, since it will not refuse. */
  readonly standing: boolean;
}

/** What one site is asked to do; every interval of the award appears, perhaps with zero. */
export interface SiteAllocation {
  readonly site: string;
  readonly intervals: readonly WattInterval[];
}

/** One interval of the award: what was to be spread, with reserve, and what was. */
export interface AllocatedInterval extends WattInterval {
  readonly targetWatt: Watt;
  readonly allocatedWatt: Watt;
}

/**
 * Which limit binds, when one does: the sites together cannot deliver the award, or they can, but not the reserve on
 * top. `missingWatt` is the largest gap, in the interval that starts at `start`.
 */
export interface BindingLimit {
  readonly code: 'capability_below_award' | 'capability_below_reserve';
  readonly start: Instant;
  readonly missingWatt: Watt;
}

/** An award spread over sites. Allocations always sum to `allocatedWatt`; sites that got nothing are left out. */
export interface Disaggregation {
  readonly intervals: readonly AllocatedInterval[];
  readonly allocations: readonly SiteAllocation[];
  readonly binding: BindingLimit | null;
}

/** What a site answered: power per interval of the award, in its order; all zero when it refused. */
export interface SiteAnswer {
  readonly site: string;
  readonly wattByInterval: readonly Watt[];
}

/**
 * Spreads an award over sites, cheapest first (ties: standing offers first, then by id), each up to its capability,
 * until the award and a reserve for refusals are met. `reserveRatio` 1/10 asks for 110 %, rounded up to whole W. When
 * the sites cannot deliver that, they are all asked in full and the binding limit is named.
 * Throws on a negative reserve ratio.
 */
export function disaggregate(
  award: readonly WattInterval[],
  sites: readonly CandidateSite[],
  reserveRatio: Rational,
): Disaggregation {
  return redistribute(award, sites, reserveRatio, []);
}

/**
 * Spreads an award again after answers: who answered stays fixed at what it confirmed, the rest of award and reserve
 * goes over the sites that have not answered. Since the order of sites does not change, a site that is still to answer
 * is asked for no less than before as long as answers only take away.
 */
export function redistribute(
  award: readonly WattInterval[],
  sites: readonly CandidateSite[],
  reserveRatio: Rational,
  answers: readonly SiteAnswer[],
): Disaggregation {
  if (reserveRatio.n < 0n) throw new RangeError('the reserve ratio is negative');
  const fixed = new Map(answers.map((answer) => [answer.site, answer.wattByInterval]));
  const open = sites.filter(({ site }) => !fixed.has(site)).sort(cheapestFirst);
  const columns = award.map(({ watt }, at) => fillColumn(targetOf(watt, reserveRatio), open, at, answers));
  const intervals = award.map((interval, at) => {
    return { ...interval, targetWatt: targetOf(interval.watt, reserveRatio), allocatedWatt: sumOf(columns[at]) };
  });
  return { intervals, allocations: allocationsOf(award, columns), binding: bindingLimit(intervals) };
}

type Column = ReadonlyMap<string, Watt>;

function fillColumn(target: Watt, open: readonly CandidateSite[], at: number, answers: readonly SiteAnswer[]): Column {
  const column = new Map(answers.map((answer) => [answer.site, answer.wattByInterval[at] ?? 0n]));
  let missing = target - sumOf(column);
  for (const { site, capabilityWatt } of open) {
    if (missing <= 0n) break;
    const watt = leastWatt(capabilityWatt, missing);
    column.set(site, watt);
    missing -= watt;
  }
  return column;
}

function targetOf(award: Watt, reserveRatio: Rational): Watt {
  const exact = multiply(rational(award), add(rational(1n), reserveRatio));
  return -floorOf(divide(exact, rational(-1n)));
}

function cheapestFirst(a: CandidateSite, b: CandidateSite): number {
  const cost = a.costMicroCnyPerKwh - b.costMicroCnyPerKwh;
  if (cost !== 0n) return cost < 0n ? -1 : 1;
  if (a.standing !== b.standing) return a.standing ? -1 : 1;
  return a.site < b.site ? -1 : 1;
}

function allocationsOf(award: readonly WattInterval[], columns: readonly Column[]): SiteAllocation[] {
  const sites = [...new Set(columns.flatMap((column) => [...column.keys()]))].sort();
  const allocations = sites.map((site) => ({
    site,
    intervals: award.map(({ start, end }, at) => ({ start, end, watt: columns[at]?.get(site) ?? 0n })),
  }));
  return allocations.filter(({ intervals }) => intervals.some(({ watt }) => watt > 0n));
}

function bindingLimit(intervals: readonly AllocatedInterval[]): BindingLimit | null {
  return (
    widestGap(intervals, 'capability_below_award', ({ watt, allocatedWatt }) => watt - allocatedWatt) ??
    widestGap(intervals, 'capability_below_reserve', ({ targetWatt, allocatedWatt }) => targetWatt - allocatedWatt)
  );
}

function widestGap(
  intervals: readonly AllocatedInterval[],
  code: BindingLimit['code'],
  gapOf: (interval: AllocatedInterval) => Watt,
): BindingLimit | null {
  let widest: BindingLimit | null = null;
  for (const interval of intervals) {
    const missingWatt = gapOf(interval);
    if (missingWatt > (widest?.missingWatt ?? 0n)) widest = { code, start: interval.start, missingWatt };
  }
  return widest;
}

function sumOf(column: Column | undefined): Watt {
  return [...(column?.values() ?? [])].reduce((sum, watt) => sum + watt, 0n);
}
