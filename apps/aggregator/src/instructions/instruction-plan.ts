import { type CandidateSite, type Disaggregation, type WattInterval, disaggregate } from '@gridpact/dispatch';
import {
  type Fen,
  PRODUCTS_PER_FEN,
  type Rational,
  decimal,
  divide,
  energyMicroKwh,
  floorOf,
  formatInstant,
  instantOf,
  multiply,
  rational,
  rationalOf,
  roundHalfEven,
  subtract,
} from '@gridpact/kernel';
import type { BodyOf } from '@gridpact/statement';

type Award = BodyOf<'award.issued'>;
type Instruction = BodyOf<'instruction.issued'>;

/** An enrolled site that an award may use. */
export interface EnrolledSite {
  readonly enrolment: string;
  readonly enrolmentStatement: string;
  readonly contract: BodyOf<'enrolment.agreed'>;
  /** A standing offer would answer for it. */
  readonly standing: boolean;
}

/** One site's instruction before it is signed. */
export interface PlannedInstruction {
  readonly user: string;
  readonly enrolmentStatement: string;
  readonly body: Instruction;
}

/** What an award becomes: instructions, and the limit that binds when the sites cannot deliver it. */
export interface InstructionPlan {
  readonly instructions: readonly PlannedInstruction[];
  readonly binding: Disaggregation['binding'];
}

/** Asked for on top of the award, since some will refuse: a tenth. */
const RESERVE: Rational = rational(1n, 10n);
const WHOLE = rational(100n);

/** Spreads an award over enrolled sites; `idOf` names the instruction of a site, the same for every redelivery. */
export function planInstructions(
  award: { readonly statement: string; readonly body: Award },
  sites: readonly EnrolledSite[],
  confirmBy: string,
  idOf: (site: string) => string,
): InstructionPlan {
  const { body } = award;
  const spread = disaggregate(body.intervals.map(toWatt), sites.map(candidateOf(body)), RESERVE);
  const bySite = new Map(sites.map((site) => [site.contract.site, site]));
  const instructions = spread.allocations.map(({ site, intervals }): PlannedInstruction => {
    const enrolled = bySite.get(site);
    if (!enrolled) throw new Error(`an allocation names the unknown site ${site}`);
    const { contract, enrolment, enrolmentStatement } = enrolled;
    const asked = {
      instruction: idOf(site),
      event: body.event,
      award: award.statement,
      enrolment,
      enrolmentStatement,
      user: contract.user,
      site,
      intervals: intervals.map(toText),
      priceMicroCnyPerKwh: body.priceMicroCnyPerKwh,
      estimatedFen: decimal(userFen(intervals, BigInt(body.priceMicroCnyPerKwh), contract)),
      confirmBy,
    };
    return { user: contract.user, enrolmentStatement, body: asked };
  });
  return { instructions, binding: spread.binding };
}

/** What the user would earn if it delivered exactly what is asked: its share of energy times price, rounded once. */
export function userFen(
  intervals: readonly WattInterval[],
  priceMicroCnyPerKwh: bigint,
  contract: BodyOf<'enrolment.agreed'>,
): Fen {
  const energy = intervals.reduce((sum, interval) => sum + energyMicroKwh(interval.watt, interval), 0n);
  const whole = rational(energy * priceMicroCnyPerKwh, PRODUCTS_PER_FEN);
  return roundHalfEven(multiply(whole, userShare(contract)));
}

function candidateOf({ priceMicroCnyPerKwh }: Award): (site: EnrolledSite) => CandidateSite {
  const price = rational(BigInt(priceMicroCnyPerKwh));
  return ({ contract, standing }) => ({
    site: contract.site,
    capabilityWatt: BigInt(contract.capabilityWatt),
    costMicroCnyPerKwh: floorOf(multiply(price, userShare(contract))),
    standing,
  });
}

function userShare({ split }: BodyOf<'enrolment.agreed'>): Rational {
  return divide(subtract(WHOLE, rationalOf(split.aggregatorPercent)), WHOLE);
}

function toWatt({ start, end, watt }: Award['intervals'][number]): WattInterval {
  return { start: instantOf(start), end: instantOf(end), watt: BigInt(watt) };
}

function toText({ start, end, watt }: WattInterval): Instruction['intervals'][number] {
  return { start: formatInstant(start), end: formatInstant(end), watt: decimal(watt) };
}
