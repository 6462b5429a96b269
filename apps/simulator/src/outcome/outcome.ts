/** Energy and money of one aggregator, or of all, in the played event. */
export interface OutcomeRow {
  readonly party: string;
  readonly sites: number;
  readonly awardedMicroKwh: bigint;
  readonly confirmedMicroKwh: bigint;
  readonly deliveredMicroKwh: bigint;
  readonly amountFen: bigint;
  readonly aggregatorFen: bigint;
  readonly userFen: bigint;
}

/** Something that was asked and refused, with the reason that was given. */
export interface RefusedAction {
  readonly who: string;
  readonly what: string;
  readonly code: string;
  readonly detail: string;
}

/** One settlement run of the event. */
export interface RunRow {
  readonly run: number;
  readonly kind: string;
  readonly cause: string;
  readonly amountFen: bigint;
  readonly differenceFen: bigint;
}

/** Mean power of one event interval, kW, for drawing only. */
export interface CurvePoint {
  readonly label: string;
  readonly baselineKw: number;
  readonly targetKw: number;
  readonly actualKw: number;
}

/** One block of the clearing stack. */
export interface StackRow {
  readonly aggregator: string;
  readonly priceMicroCnyPerKwh: bigint;
  readonly watt: bigint;
  readonly acceptedWatt: bigint;
}

/** One statement of the event's chain. */
export interface ChainRow {
  readonly index: number;
  readonly type: string;
  readonly by: string;
  readonly at: string;
  readonly leafHash: string;
  readonly parents: readonly string[];
}

/** A dossier that was written, and what the verifier said of it in a process of its own. */
export interface DossierRow {
  readonly holder: string;
  readonly path: string;
  readonly bytes: number;
}

/** Everything that the played event shows at its end. */
export interface Outcome {
  readonly event: string;
  readonly date: string;
  readonly seed: string;
  readonly sites: number;
  readonly realSeries: number;
  readonly shiftedSites: number;
  readonly rows: readonly OutcomeRow[];
  readonly total: OutcomeRow;
  readonly runs: readonly RunRow[];
  readonly refused: readonly RefusedAction[];
  readonly statementsByType: Readonly<Record<string, number>>;
  readonly messagesByTopic: Readonly<Record<string, number>>;
  readonly log: {
    readonly origin: string;
    readonly size: number;
    readonly root: string;
    readonly cosigners: readonly string[];
  };
  readonly receiptMs: { readonly count: number; readonly p50: number; readonly p99: number };
  readonly readings: { readonly count: number; readonly perSecond: number };
  readonly dossiers: readonly DossierRow[];
  readonly curves: Readonly<Record<string, readonly CurvePoint[]>>;
  readonly stack: readonly StackRow[];
  readonly chain: readonly ChainRow[];
}

/** Value at a quantile of measurements (nearest rank); 0 for none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))] ?? 0;
}
