import { readFileSync } from 'node:fs';
import { serviceEnv } from '@gridpact/platform/config';
import { z } from 'zod';

/** A party's witness: where it listens, its verifier key, and the group that counts as one voice of the quorum. */
const witness = z.strictObject({
  party: z.string().regex(/^[a-z0-9][a-z0-9.-]{0,63}$/),
  url: z.url({ protocol: /^https?$/ }),
  vkey: z.string().max(300),
  group: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]{0,63}$/)
    .optional(),
});

const witnesses = z.array(witness).min(2).max(32);

/** Variables of the ledger beside those of every service. */
export const ledgerEnv = serviceEnv.extend({
  GRIDPACT_DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }),
  /** Separate store with credentials of its own, so that a restored older database cannot fork the log. */
  GRIDPACT_LOCK_DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }),
  /** Name of the log in every checkpoint: a URL without scheme (tlog-checkpoint). */
  GRIDPACT_LOG_ORIGIN: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9./_-]{0,199}$/)
    .default('gridpact.local/log'),
  /** Witnesses as JSON, or the path of a file that holds it. */
  GRIDPACT_WITNESSES: z.string().transform(witnessesOf),
  /** Where to write the log's verifier key for those who must know it; nowhere when absent. */
  GRIDPACT_LEDGER_VKEY_FILE: z.string().optional(),
});

export type LedgerConfig = Readonly<z.infer<typeof ledgerEnv>>;
export type WitnessConfig = z.infer<typeof witness>;

function witnessesOf(text: string, context: z.RefinementCtx): WitnessConfig[] {
  try {
    const json = text.trimStart().startsWith('[') ? text : readFileSync(text, 'utf8');
    return witnesses.parse(JSON.parse(json));
  } catch (error) {
    const why = error instanceof z.ZodError ? z.prettifyError(error) : 'cannot be read';
    context.addIssue({ code: 'custom', message: `must be witnesses as JSON or a file of it: ${why}` });
    return z.NEVER;
  }
}
