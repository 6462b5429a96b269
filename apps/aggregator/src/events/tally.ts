import { decimal, instantOf } from '@gridpact/kernel';
import type { BodyOf } from '@gridpact/statement';

/** What became of one instruction; bodies as they were stated. */
export interface InstructionOutcome {
  readonly instruction: BodyOf<'instruction.issued'>;
  readonly answer: BodyOf<'curtailment.confirmed'> | null;
  /** The deadline passed without an answer. */
  readonly silent: boolean;
  /** Business time from which the user left; null while it takes part. */
  readonly withdrawnFrom: string | null;
}

/** Power in one interval, W; instructed = confirmed + declined + silent + withdrawn + waiting. */
export interface TalliedInterval {
  readonly start: string;
  readonly end: string;
  readonly awardedWatt: string;
  readonly instructedWatt: string;
  readonly confirmedWatt: string;
  readonly declinedWatt: string;
  readonly silentWatt: string;
  readonly withdrawnWatt: string;
  readonly waitingWatt: string;
}

type Part = 'confirmed' | 'declined' | 'silent' | 'withdrawn' | 'waiting';

/** Sums what was asked of the sites and what they said, per interval of the award; `null` award sums to nothing. */
export function tally(
  award: BodyOf<'award.issued'> | null,
  outcomes: readonly InstructionOutcome[],
): readonly TalliedInterval[] {
  return (award?.intervals ?? []).map(({ start, end, watt }) => {
    const parts = sumParts(outcomes, start);
    return {
      start,
      end,
      awardedWatt: watt,
      instructedWatt: decimal(Object.values(parts).reduce((sum, part) => sum + part, 0n)),
      confirmedWatt: decimal(parts.confirmed),
      declinedWatt: decimal(parts.declined),
      silentWatt: decimal(parts.silent),
      withdrawnWatt: decimal(parts.withdrawn),
      waitingWatt: decimal(parts.waiting),
    };
  });
}

function sumParts(outcomes: readonly InstructionOutcome[], start: string): Record<Part, bigint> {
  const sums: Record<Part, bigint> = { confirmed: 0n, declined: 0n, silent: 0n, withdrawn: 0n, waiting: 0n };
  for (const outcome of outcomes) {
    const asked = outcome.instruction.intervals.find((interval) => interval.start === start);
    if (asked) for (const [part, watt] of partsOf(outcome, asked)) sums[part] += watt;
  }
  return sums;
}

/** An interval in which the user left counts as withdrawn as a whole: the promise for it is broken. */
function partsOf(
  { answer, silent, withdrawnFrom }: InstructionOutcome,
  asked: { readonly start: string; readonly end: string; readonly watt: string },
): readonly (readonly [Part, bigint])[] {
  const instructed = BigInt(asked.watt);
  if (!answer) return [[silent ? 'silent' : 'waiting', instructed]];
  const kept = BigInt(answer.intervals.find(({ start }) => start === asked.start)?.watt ?? 0);
  const left = withdrawnFrom !== null && instantOf(withdrawnFrom) < instantOf(asked.end);
  return [
    [left ? 'withdrawn' : 'confirmed', kept],
    ['declined', instructed - kept],
  ];
}
