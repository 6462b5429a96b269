import { type Baseline, computeBaseline, indexSeries } from '@gridpact/baseline';
import { type MicroKwh, decimal, formatInstant, required, roundHalfEven } from '@gridpact/kernel';
import { type IntervalAccount, intervalAccounts } from './intervals.js';
import { type LineMoney, settleLine, shareClaims } from './line.js';
import type { LineFacts } from './line-facts.js';
import type { LineInterval, LineOutcome, UnpaidReason } from './outputs.js';
import type { Run } from './run.js';

/** Settles one line from its checked facts and writes its whole account. */
export function accountOf(run: Run, facts: LineFacts): LineOutcome {
  const baseline = baselineOf(run, facts);
  const intervals = intervalAccounts(run, facts, baseline);
  const counted = intervals.filter((interval) => interval.state === 'counted');
  const committed = counted.reduce((sum, interval) => sum + interval.committedMicroKwh, 0n);
  const curtailment = total(counted.map((interval) => interval.curtailmentMicroKwh));
  const money = settleLine(run.rules, {
    curtailmentMicroKwh: curtailment ?? 0n,
    committedMicroKwh: curtailment === null ? 0n : committed,
    priceMicroCnyPerKwh: BigInt(facts.line.priceMicroCnyPerKwh),
    split: shareClaims(facts.line.aggregator, facts.line.user, facts.line.split.aggregatorPercent),
  });
  const reason = unpaidReason(intervals, baseline, curtailment, money);
  return {
    ...whose(facts),
    ...explained(baseline),
    intervals: intervals.map(intervalText),
    committedMicroKwh: decimal(committed),
    curtailmentMicroKwh: curtailment === null ? null : decimal(curtailment),
    ...moneyText(facts, money),
    status: reason ? 'unpaid' : 'paid',
    reason,
  };
}

function baselineOf(run: Run, facts: LineFacts): Baseline {
  const series = indexSeries(facts.series, run.days, { outages: facts.outages });
  const eventDays = new Set(facts.line.eventDays);
  const request = { series, date: run.eventDay.date, window: run.window, eventDays };
  const answer = computeBaseline(facts.line.baselineMethod, request);
  if (!answer.ok) throw new Error(`checked inputs were refused: ${answer.refusal.detail}`);
  return answer.value;
}

/** First reason that applies, in the order in which people would ask. */
function unpaidReason(
  intervals: readonly IntervalAccount[],
  baseline: Baseline,
  curtailment: MicroKwh | null,
  money: LineMoney,
): UnpaidReason | null {
  const committed = intervals.filter((interval) => interval.state !== 'uncommitted');
  if (committed.length === 0) return 'no_confirmation';
  if (committed.every((interval) => interval.state === 'withdrawn')) return 'withdrawn';
  if (!committed.some((interval) => interval.state === 'counted')) return 'outage';
  if (baseline.microKwh === null) return 'insufficient_baseline';
  if (curtailment === null) return 'missing_reading';
  if (curtailment <= 0n) return 'no_curtailment';
  if (money.coefficient.n === 0n) return 'below_tier';
  return money.amountFen === 0n ? 'below_one_fen' : null;
}

function whose({ line }: LineFacts) {
  const { site, enrolment, aggregator, user, meter } = line;
  return { line: line.line, site, enrolment, aggregator, user, meter };
}

function explained(baseline: Baseline) {
  const { adjustment } = baseline;
  return {
    baselineMethod: baseline.method,
    daysUsed: [...baseline.used],
    daysRejected: baseline.rejected.map(({ date, code }) => ({ date, code })),
    adjustment: adjustment && {
      kind: adjustment.kind,
      n: decimal(adjustment.value.n),
      d: decimal(adjustment.value.d),
      clamped: adjustment.clamped,
    },
    flag: baseline.flag,
  };
}

function moneyText({ line }: LineFacts, money: LineMoney) {
  return {
    ratio: money.ratio && { n: decimal(money.ratio.n), d: decimal(money.ratio.d) },
    coefficient: money.coefficientText,
    paidMicroKwh: decimal(money.coefficient.n === 0n ? 0n : roundHalfEven(money.paidMicroKwh)),
    priceMicroCnyPerKwh: line.priceMicroCnyPerKwh,
    amountFen: decimal(money.amountFen),
    aggregatorFen: decimal(required(money.splitFen.get(line.aggregator), 'share of the aggregator')),
    userFen: decimal(required(money.splitFen.get(line.user), 'share of the user')),
  };
}

function intervalText(interval: IntervalAccount): LineInterval {
  return {
    start: formatInstant(interval.start),
    end: formatInstant(interval.end),
    state: interval.state,
    committedMicroKwh: decimal(interval.committedMicroKwh),
    baselineMicroKwh: orNull(interval.baselineMicroKwh),
    meteredMicroKwh: orNull(interval.meteredMicroKwh),
    curtailmentMicroKwh: orNull(interval.curtailmentMicroKwh),
    estimated: interval.estimated,
  };
}

function orNull(value: MicroKwh | null): string | null {
  return value === null ? null : decimal(value);
}

function total(parts: readonly (MicroKwh | null)[]): MicroKwh | null {
  if (parts.length === 0) return null;
  let sum = 0n;
  for (const part of parts) {
    if (part === null) return null;
    sum += part;
  }
  return sum;
}
