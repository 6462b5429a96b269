import type { Stack } from '@gridpact/deploy';
import { z } from 'zod';
import { simulator } from './command.ts';

const SITES = 20;
const SEED = 'e2e';

const integer = z
  .string()
  .regex(/^-?\d+$/)
  .transform(BigInt);
const row = z.object({
  party: z.string(),
  sites: z.int(),
  awardedMicroKwh: integer,
  confirmedMicroKwh: integer,
  deliveredMicroKwh: integer,
  amountFen: integer,
  aggregatorFen: integer,
  userFen: integer,
});
const outcome = z.object({
  sites: z.int(),
  rows: z.array(row),
  total: row,
  runs: z.array(z.object({ run: z.int(), kind: z.string(), amountFen: integer, differenceFen: integer })),
  refused: z.array(z.object({ who: z.string(), what: z.string(), code: z.string() })),
  statementsByType: z.record(z.string(), z.int()),
  log: z.object({ size: z.int(), root: z.string(), cosigners: z.array(z.string()) }),
  receiptMs: z.object({ count: z.int(), p50: z.number(), p99: z.number() }),
  readings: z.object({ count: z.int() }),
  dossiers: z.array(z.object({ holder: z.string(), path: z.string() })),
});

/** What the simulator shows at the end of an event, as far as tests read it. */
export type Outcome = z.infer<typeof outcome>;

/** Phases that the simulator reports, each once it is over: enrolment, history, clearing, answers, morning, event, money. */
export const PHASES = 7;
const PHASE_OVER = /^gridpact: .* \(\d+\.\d s\)$/gm;

/**
 * Plays the event that all end-to-end tests are about; `phaseOver` hears how many phases are over. Throws with what the
 * simulator said when it does not end well.
 */
export async function playEvent(stack: Stack, phaseOver?: (count: number) => void): Promise<Outcome> {
  let reported = '';
  const args = ['demo', '--json', '--sites', `${SITES}`, '--seed', SEED];
  const { code, stdout, stderr } = await simulator(stack, args, (text) => {
    reported += text;
    phaseOver?.(reported.match(PHASE_OVER)?.length ?? 0);
  });
  if (code !== 0) throw new Error(`the simulator ended with ${code}:\n${stderr.slice(-4000)}`);
  return outcome.parse(JSON.parse(stdout));
}

/** What an event paid, to whom and by which runs: equal in every undisturbed and every disturbed play of one seed. */
export function moneyOf({ rows, total, runs }: Outcome): Pick<Outcome, 'rows' | 'total' | 'runs'> {
  return { rows, total, runs };
}
